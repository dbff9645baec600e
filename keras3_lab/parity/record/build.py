"""From a subject to a problem: build the model and load the data, on the running backend."""

from __future__ import annotations

import importlib.util
import inspect
import math
import random
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np

from keras3_lab import recipes
from keras3_lab.datasets import Dataset, take_fraction
from keras3_lab.errors import UsageError
from keras3_lab.parity.problem import Problem, draw_all
from keras3_lab.parity.record.arrays import with_arrays
from keras3_lab.parity.record.culprit import first_line, place_of
from keras3_lab.parity.record.place import clear_session
from keras3_lab.parity.subject import Subject
from keras3_lab.portable.twins import replace_stock_layers
from keras3_lab.private.initializers import initial_values_on_host


class MakeError(UsageError):
    """A user's function that raised an error of its own."""


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
    clear_session()
    # For what a user's function draws itself. Not `keras.utils.set_random_seed`: it would
    # import TensorFlow into a JAX lane.
    random.seed(seed)
    np.random.seed(seed)
    with initial_values_on_host():
        problem = _call(subject) if subject.is_function else _from_recipe(subject, seed)
    if subject.portable:
        replace_stock_layers(problem.model)
    return problem


def _from_recipe(subject: Subject, seed: int) -> Problem:
    recipe = recipes.get(subject.name).with_options(subject.options).variant(subject.variant)
    recipe = recipe.trials()[subject.arm]
    which = (subject.data, subject.data_dir, subject.fraction, subject.rows)
    splits = recipe.split(_load(recipe.dataset, *which))
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


@lru_cache(maxsize=1)
def _load(
    dataset: str | Callable[[], Dataset],
    source: str,
    data_dir: str | None,
    fraction: float,
    rows: int | None,
) -> Dataset:
    """Read a data set once, in either dtype and for all recipes in a row that share it."""
    found = recipes.load(dataset, source, data_dir, fraction)
    share = 1.0 if rows is None else min(1.0, rows / len(found.y_train))
    return take_fraction(found, share)


def _call(subject: Subject) -> Problem:
    name = subject.name
    function = find_function(name, subject.file, subject.options)
    try:
        made = function()
    except Exception as error:  # whatever the user's own code may raise
        raise MakeError(f"{name} raised {first_line(error)}{_at(error)}") from error
    if isinstance(made, (tuple, list)) and 2 <= len(made) <= 4:
        made = Problem(*made)
    if not isinstance(made, Problem) or not isinstance(made.model, keras.Model):
        raise UsageError(
            f"{name} must return (model, x, y), (model, x, y, sample_weight), (model, dataset) or "
            f"a keras3_lab.parity.problem.Problem; it returned {_described(made)}"
        )
    if not made.model.compiled:
        raise UsageError(f"{name} must return a compiled model; {made.model.name} is not")
    return with_arrays(made, name)


def _described(made: Any) -> str:
    if isinstance(made, keras.Model):
        return "a model without data"
    if isinstance(made, (tuple, list)):
        return f"{type(made).__name__} of ({', '.join(type(part).__name__ for part in made)})"
    return type(made).__name__


def _at(error: BaseException) -> str:
    place = place_of(error)
    return f" ({place})" if place else ""


def find_function(
    name: str, file: str = "", arguments: Mapping[str, Any] | None = None
) -> Callable[[], Any]:
    """Import `MODULE:FUNCTION`; modules of the current folder are found, too.

    Args:
        name: Module and function.
        file: The module's file, where its name alone may lead elsewhere or nowhere.
        arguments: Arguments that are given to the function.

    Returns:
        The function, which needs no more arguments.

    Raises:
        UsageError: If there is no such module or function, or it cannot be called as it is.
    """
    module, _, function = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Callable[[], Any] = attrgetter(function)(_import(module, file))
    except Exception as error:  # whatever the user's own module may raise
        if isinstance(error, ModuleNotFoundError) and error.name in _parents(module):
            problem = f"there is no module {module!r} here or among the installed"
        elif isinstance(error, AttributeError) and module in sys.modules:
            problem = f"module {module!r} has no function {function!r}"
        else:
            problem = f"module {module!r} cannot be imported: {first_line(error)}{_at(error)}"
        raise UsageError(f"{name}: {problem}") from error
    if not callable(found):
        raise UsageError(f"{name} must be a function; received: {type(found).__name__}")
    if arguments:
        found = partial(found, **arguments)
    if needed := _arguments(found):
        raise UsageError(f"{name} must need no arguments; it needs {', '.join(needed)}")
    return found


def _import(name: str, file: str) -> ModuleType:
    """Import a module by its name, or by its file as pytest does, under that name."""
    if not file:
        return importlib.import_module(name)
    try:
        found = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):  # no such package, or a module without a spec
        found = None
    if found is not None and found.origin and Path(found.origin).resolve() == Path(file):
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:  # Ctrl-C too: half a module is not to be found by the next import
        del sys.modules[name]
        raise
    return module


def imported_sources() -> list[str]:
    """Return the files of the imported modules but Python's, installed ones and this package's."""
    known = {Path(sysconfig.get_path("stdlib")), Path(__file__).parents[2]}
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return [
        file
        for file in files
        if file
        and not {"site-packages", "dist-packages"} & set(Path(file).parts)
        and not known & set(Path(file).parents)
    ]


def _arguments(function: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some callables have no signature to look at
        return []
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _parents(module: str) -> list[str]:
    """`a.b.c`, `a.b`, `a`."""
    parts = module.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


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
