"""What is measured: models, data and batch sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras3_lab import datasets, splits
from keras3_lab.errors import unknown

Data = tuple[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One model on one data set at one batch size.

    Args:
        name: What the tables call it.
        model: Builds the compiled model, given `jit_compile`.
        data: Gives inputs and targets, given the number of rows, or `None` for all.
        batch_size: Rows per step.
        rows: Number of rows; `None` for all.
        layers: Widths of the layers, where the hand-written yardstick can train the same.
    """

    name: str
    model: Callable[[Any], keras.Model]
    data: Callable[[int | None], Data]
    batch_size: int
    rows: int | None = None
    layers: tuple[int, ...] | None = None


def images(rows: int | None) -> Data:
    """Fashion-MNIST, the training part of the notes' split."""
    parts = splits.scaled_images(datasets.load("fashion_mnist"))
    return parts.x_train[:rows], parts.y_train[:rows]


def normal(*shape: int) -> Callable[[int | None], Data]:
    """Random inputs of a shape, and labels of 10 classes."""

    def make(rows: int | None) -> Data:
        random = np.random.default_rng(0)
        x = random.standard_normal((rows or 0, *shape), dtype=np.float32)
        return x, random.integers(0, 10, rows or 0).astype(np.uint8)

    return make


def houses(rows: int | None) -> Data:
    """Two inputs as of California housing (columns 0…4 and 2…7), and one target."""
    x = np.random.default_rng(0).standard_normal((rows or 0, 8), dtype=np.float32)
    return (x[:, :5], x[:, 2:]), x.sum(axis=1, keepdims=True)


def classifier(
    shape: tuple[int, ...], *layers: Any, dtype: str = "float32", optimizer: str = "adam"
) -> Callable[[Any], keras.Model]:
    """Cross-entropy of 10 classes; `layers` are functions that make a layer."""

    def build(jit_compile: Any) -> keras.Model:
        inputs = keras.Input(shape, dtype=dtype)
        model = keras.Sequential([inputs, *(make() for make in layers), keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=jit_compile)
        return model

    return build


def wide_and_deep(jit_compile: Any) -> keras.Model:
    """Return the notes' regression with two inputs."""
    wide, deep = keras.Input((5,)), keras.Input((6,))
    hidden = keras.layers.Dense(30, activation="relu")(deep)
    hidden = keras.layers.Dense(30, activation="relu")(hidden)
    output = keras.layers.Dense(1)(keras.layers.Concatenate()([wide, hidden]))
    model = keras.Model((wide, deep), output)
    model.compile("adam", "mse", jit_compile=jit_compile)
    return model


L = keras.layers


def _conv_bn(filters: int) -> list[Callable[[], Any]]:
    return [
        lambda: L.Conv2D(filters, 3, padding="same", use_bias=False),
        L.BatchNormalization,
        L.ReLU,
    ]


MLP = classifier((28, 28), L.Flatten, lambda: L.Dense(100, activation="relu"))
SOFTMAX = classifier((28, 28), L.Flatten)
WIDE_RELU = classifier((784,), *[lambda: L.Dense(1024, activation="relu")] * 2)
SMALL_CNN = classifier(
    (28, 28, 1),
    lambda: L.Conv2D(32, 3, activation="relu"),
    lambda: L.MaxPooling2D(2),
    lambda: L.Conv2D(64, 3, activation="relu"),
    lambda: L.MaxPooling2D(2),
    L.Flatten,
)
SIX_CONVOLUTIONS = classifier(
    (32, 32, 3),
    *_conv_bn(16),
    *_conv_bn(16),
    lambda: L.MaxPooling2D(2),
    *_conv_bn(32),
    *_conv_bn(32),
    lambda: L.MaxPooling2D(2),
    *_conv_bn(64),
    *_conv_bn(64),
    L.GlobalAveragePooling2D,
)
SEPARABLE = classifier(
    (28, 28, 1),
    lambda: L.SeparableConv2D(16, 3, activation="relu"),
    lambda: L.MaxPooling2D(2),
    lambda: L.SeparableConv2D(32, 3, activation="relu"),
    L.Flatten,
)
CONV1D = classifier((64, 8), lambda: L.Conv1D(16, 3, activation="relu"), L.Flatten)
LSTM = classifier((28, 28), lambda: L.LSTM(32))

SUITES: dict[str, tuple[Case, ...]] = {
    "mlp": (
        *(
            Case(
                name="784-100-10",
                model=MLP,
                data=images,
                batch_size=batch_size,
                layers=(784, 100, 10),
            )
            for batch_size in (32, 128, 512)
        ),
        Case(
            name="softmax regression", model=SOFTMAX, data=images, batch_size=32, layers=(784, 10)
        ),
        Case(name="wide & deep", model=wide_and_deep, data=houses, batch_size=32, rows=11_610),
        Case(
            name="784-1024-1024-10", model=WIDE_RELU, data=normal(784), batch_size=128, rows=6_400
        ),
    ),
    "cnn": (
        Case(
            name="2 convolutions",
            model=SMALL_CNN,
            data=normal(28, 28, 1),
            batch_size=32,
            rows=1_600,
        ),
        Case(
            name="6 convolutions, BN",
            model=SIX_CONVOLUTIONS,
            data=normal(32, 32, 3),
            batch_size=64,
            rows=640,
        ),
        Case(name="separable", model=SEPARABLE, data=normal(28, 28, 1), batch_size=32, rows=1_600),
        Case(name="Conv1D", model=CONV1D, data=normal(64, 8), batch_size=32, rows=6_400),
        Case(name="LSTM", model=LSTM, data=normal(28, 28), batch_size=32, rows=3_200),
    ),
}


def suite(name: str) -> tuple[Case, ...]:
    """Return the cases of a suite.

    Raises:
        UsageError: If there is no such suite.
    """
    if name not in SUITES:
        raise unknown("suite", name, (*SUITES, "models", "scale"))
    return SUITES[name]
