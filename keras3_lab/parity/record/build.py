"""From a subject to a problem: build the model and load the data, on the running backend."""

from __future__ import annotations

import importlib
import math
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab import recipes
from keras3_lab.errors import UsageError
from keras3_lab.parity.problem import Problem, draw_all
from keras3_lab.parity.subject import Subject
from keras3_lab.portable.twins import replace_stock_layers


def build_problem(subject: Subject, seed: int) -> Problem:
    """Build a subject's model and load its data, in the current dtype.

    Args:
        subject: What to build.
        seed: Seed of what a user's function draws, and of a recipe's initial weights.

    Returns:
        The problem, its model compiled.

    Raises:
        UsageError: If there is no such recipe or function, or it returns something else.
    """
    keras.utils.clear_session()
    # For what a user's function draws itself. Not `keras.utils.set_random_seed`: it would
    # import TensorFlow into a JAX lane.
    random.seed(seed)
    np.random.seed(seed)
    problem = _call(subject.name) if subject.is_function else _from_recipe(subject, seed)
    if subject.portable:
        replace_stock_layers(problem.model)
    return problem


def _from_recipe(subject: Subject, seed: int) -> Problem:
    recipe = recipes.get(subject.name).with_options(subject.options).variant(subject.variant)
    recipe = recipe.trials()[subject.arm]
    _, splits = recipe.data(subject.data, subject.data_dir, subject.fraction)
    return Problem(
        recipe.build(splits, seed),
        splits.x_train,
        splits.y_train,
        validation_data=(splits.x_val, splits.y_val),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        callbacks=recipe.callbacks,
        pretrained=recipe.pretrained or draw_all,
    )


def _call(name: str) -> Problem:
    made = find_function(name)()
    if isinstance(made, tuple) and 2 <= len(made) <= 4:
        made = Problem(*made)
    if not isinstance(made, Problem) or not isinstance(made.model, keras.Model):
        raise UsageError(
            f"{name} must return (model, x, y), (model, x, y, sample_weight) or a "
            f"keras3_lab.parity.problem.Problem; it returned {type(made).__name__}"
        )
    if not made.model.compiled:
        raise UsageError(f"{name} must return a compiled model; {made.model.name} is not")
    return made


def find_function(name: str) -> Callable[[], Any]:
    """Import `MODULE:FUNCTION`; modules of the current folder are found, too.

    Raises:
        UsageError: If there is no such module or function.
    """
    module, _, function = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Callable[[], Any] = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise  # the module is there, and what it imports is not
        raise UsageError(
            f"{name}: there is no module {module!r} here or among the installed"
        ) from error
    except AttributeError as error:
        raise UsageError(f"{name}: module {module!r} has no function {function!r}") from error
    return found


def shorten(
    problem: Problem, epochs: int | None, steps: int | None, rows: int
) -> tuple[Problem, int]:
    """Return the problem with its number of epochs, and the number of steps to run in all.

    Args:
        problem: The problem.
        epochs: Number of epochs asked for. Defaults to the problem's own.
        steps: Number of steps asked for. Defaults to all of the epochs'.
        rows: Number of training rows.
    """
    per_epoch = math.ceil(rows / min(problem.batch_size, rows))
    count = epochs if epochs is not None else problem.epochs
    if steps is not None:
        count = max(count, math.ceil(steps / per_epoch)) if epochs is None else count
    total = count * per_epoch
    return replace(problem, epochs=count), total if steps is None else min(steps, total)
