"""Small data and heads that the models share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

ROWS, CLASSES = 64, 3


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def labels(rows: int = ROWS, classes: int = CLASSES) -> np.ndarray:
    return rng(1).integers(0, classes, rows).astype("int32")


def table(rows: int = ROWS, columns: int = 6) -> np.ndarray:
    return rng().normal(size=(rows, columns)).astype("float32")


def sequences(rows: int = ROWS, steps: int = 7, columns: int = 4) -> np.ndarray:
    return rng().normal(size=(rows, steps, columns)).astype("float32")


def padded(rows: int = ROWS, steps: int = 7, columns: int = 4, left: bool = False) -> np.ndarray:
    """Sequences of 2 to 7 steps; zeros fill the rest."""
    x = sequences(rows, steps, columns)
    for row, length in enumerate(rng(2).integers(2, steps + 1, rows)):
        empty = slice(None, steps - length) if left else slice(length, None)
        x[row, empty] = 0
    return x


def tokens(rows: int = ROWS, steps: int = 7, words: int = 9) -> np.ndarray:
    """Tokens that repeat within a batch; 0 is padding at the end."""
    x = rng().integers(1, words, (rows, steps)).astype("int32")
    for row, length in enumerate(rng(2).integers(2, steps + 1, rows)):
        x[row, length:] = 0
    return x


def images(rows: int = 32, size: int = 8, channels: int = 3) -> np.ndarray:
    return rng().normal(size=(rows, size, size, channels)).astype("float32")


def one_hot(rows: int = ROWS, classes: int = CLASSES) -> np.ndarray:
    return np.eye(classes, dtype="float32")[labels(rows, classes)]


def cross_entropy() -> keras.losses.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def classifier(
    x: np.ndarray,
    body: Sequence[layers.Layer],
    optimizer: Any = "adam",
    dtype: str | None = None,
    **settings: Any,
) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """Put a dense head on a stack of layers and compile it."""
    head = [layers.Flatten(), layers.Dense(CLASSES)]
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=dtype), *body, *head])
    model.compile(optimizer, cross_entropy(), **settings)
    return model, x, labels(len(x))


def functional(
    inputs: Any, outputs: Any, x: Any, optimizer: Any = "adam", **settings: Any
) -> tuple[keras.Model, Any, np.ndarray]:
    """Compile a functional model of logits."""
    model = keras.Model(inputs, outputs)
    model.compile(optimizer, cross_entropy(), **settings)
    return model, x, labels(len(keras.tree.flatten(x)[0]))
