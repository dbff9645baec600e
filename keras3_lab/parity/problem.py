"""What parity trains: a compiled Keras model with its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def no_callbacks(folder: Path) -> list[keras.callbacks.Callback]:
    """Return no callbacks."""
    return []


def draw_all(model: keras.Model) -> None:
    """Leave all weights as they were drawn."""


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
    callbacks: Callable[[Path], list[keras.callbacks.Callback]] = field(default=no_callbacks)
    pretrained: Callable[[keras.Model], None] = field(default=draw_all)
