"""What parity trains: a registered recipe, or anyone's compiled Keras model with its data."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab import recipes
from keras3_lab.errors import UsageError


def _no_callbacks(folder: Path) -> list[keras.callbacks.Callback]:
    return []


def _nothing(model: keras.Model) -> None:
    pass


@dataclass(frozen=True)
class Problem:
    """A compiled model and the arrays to train it on.

    Args:
        model: A compiled `keras.Model`. Its random initial weights are drawn anew.
        x: Input array of shape `(rows, ...)`, or a structure of them.
        y: Target array or structure of them, or `None`.
        sample_weight: Weight of each row in the loss, or `None`.
        validation_data: `(x, y)` or `(x, y, sample_weight)` to evaluate after each epoch.
            Defaults to the training data.
        batch_size: Rows per step.
        epochs: Number of epochs.
        callbacks: Makes the Keras callbacks of a run; is given a folder for their files.
        pretrained: Loads the weights of a part that was trained elsewhere, over those drawn.

    Example:
    ```python
    import keras
    import numpy as np
    from keras3_lab.parity.problem import Problem

    def mine():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        x = np.random.default_rng(0).normal(size=(100, 4))
        return Problem(model, x, x.sum(axis=1), batch_size=10, epochs=3)

    print(mine().model.count_params())
    ```
    """

    model: keras.Model
    x: Any
    y: Any = None
    sample_weight: Any = None
    validation_data: tuple[Any, ...] | None = None
    batch_size: int = 32
    epochs: int = 1
    callbacks: Callable[[Path], list[keras.callbacks.Callback]] = field(default=_no_callbacks)
    pretrained: Callable[[keras.Model], None] = field(default=_nothing)


@dataclass(frozen=True)
class Subject:
    """How to make a problem, in words that can be sent to another process.

    Args:
        name: A recipe's name, or `MODULE:FUNCTION`.
        variant: Variant of the recipe.
        arm: Arm of a recipe that compares several trainings.
        data: `"auto"`, `"full"` or `"sample"`, for recipes.
        data_dir: A folder of data sets, for recipes.
        fraction: How much of the training rows, for recipes.
        options: Values of the recipe's own options.
        portable: Whether stock random layers are replaced by their portable twins.
    """

    name: str
    variant: str = "corrected"
    arm: str = ""
    data: str = "auto"
    data_dir: str | None = None
    fraction: float = 1.0
    options: Mapping[str, str] = field(default_factory=dict)
    portable: bool = False

    def make(self, seed: int) -> Problem:
        """Build the model and load the data, on the running backend, in the current dtype.

        Raises:
            UsageError: If there is no such recipe or function, or it returns something else.
        """
        keras.utils.clear_session()
        # For what a user's function draws itself. Not `keras.utils.set_random_seed`: it would
        # import TensorFlow into a JAX lane.
        random.seed(seed)
        np.random.seed(seed)
        problem = self._call() if ":" in self.name else self._recipe(seed)
        if self.portable:
            from keras3_lab.parity.twins import replace_stock_layers

            replace_stock_layers(problem.model)
        return problem

    def _recipe(self, seed: int) -> Problem:
        recipe = recipes.get(self.name).with_options(self.options).variant(self.variant)
        recipe = recipe.trials()[self.arm]
        _, splits = recipe.data(self.data, self.data_dir, self.fraction)
        return Problem(
            recipe.build(splits, seed),
            splits.x_train,
            splits.y_train,
            validation_data=(splits.x_val, splits.y_val),
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            callbacks=recipe.callbacks,
            pretrained=recipe.pretrained or _nothing,
        )

    def _call(self) -> Problem:
        made = find_function(self.name)()
        if isinstance(made, tuple) and 2 <= len(made) <= 4:
            made = Problem(*made)
        if not isinstance(made, Problem) or not isinstance(made.model, keras.Model):
            raise UsageError(
                f"{self.name} must return (model, x, y), (model, x, y, sample_weight) or a "
                f"keras3_lab.parity.problem.Problem; it returned {type(made).__name__}"
            )
        if not made.model.compiled:
            raise UsageError(f"{self.name} must return a compiled model; {made.model.name} is not")
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


def shorter(
    problem: Problem, epochs: int | None, steps: int | None, rows: int
) -> tuple[Problem, int]:
    """Return the problem with its number of epochs, and the number of steps to run in all.

    Args:
        problem: The problem.
        epochs: Number of epochs asked for. Defaults to the problem's own.
        steps: Number of steps asked for. Defaults to all of the epochs'.
        rows: Number of training rows.
    """
    per_epoch = -(-rows // min(problem.batch_size, rows))
    count = epochs if epochs is not None else problem.epochs
    if steps is not None:
        count = max(count, -(-steps // per_epoch)) if epochs is None else count
    total = count * per_epoch
    return replace(problem, epochs=count), total if steps is None else min(steps, total)
