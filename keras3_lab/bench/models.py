"""Fourteen small models as people have them, compiled as people compile them.

Data are random: how long a step takes does not depend on what is in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras3_lab.bench.cases import Case, Data, classifier, normal

L = keras.layers
Rows = Callable[[int | None], Data]


def pairs(columns: int, targets: int) -> Rows:
    """Rows of normal numbers, and as many targets."""

    def make(rows: int | None) -> Data:
        random = np.random.default_rng(0)
        shape = rows or 0
        return (
            random.standard_normal((shape, columns), np.float32),
            random.standard_normal((shape, targets), np.float32),
        )

    return make


def words(vocabulary: int, length: int) -> Rows:
    """Texts of words by number, and labels of 10 classes."""

    def make(rows: int | None) -> Data:
        random = np.random.default_rng(0)
        x = random.integers(0, vocabulary, (rows or 0, length)).astype(np.int32)
        return x, random.integers(0, 10, rows or 0).astype(np.int32)

    return make


def pictures(rows: int | None) -> Data:
    """Return inputs that are their own targets."""
    x = np.random.default_rng(0).random((rows or 0, 784), np.float32)
    return x, x


def class_and_value(rows: int | None) -> Data:
    """Rows of 32 numbers, a class and a value for each."""
    x, label = normal(32)(rows)
    return x, {"class": label, "value": x.sum(axis=1, keepdims=True)}


def regression(inputs: int, *widths: int) -> Callable[[Any], keras.Model]:
    """Layers of tanh and one output, as physics-informed networks are."""

    def build(jit_compile: Any) -> keras.Model:
        hidden = [L.Dense(width, activation="tanh") for width in widths]
        model = keras.Sequential([keras.Input((inputs,)), *hidden, L.Dense(1)])
        model.compile("adam", "mse", jit_compile=jit_compile)
        return model

    return build


def text(
    vocabulary: int, length: int, width: int, *layers: Callable[[], Any], mask: bool = False
) -> Callable[[Any], keras.Model]:
    """Classify texts by the embeddings of their words."""
    return classifier(
        (length,), lambda: L.Embedding(vocabulary, width, mask_zero=mask), *layers, dtype="int32"
    )


def residual(jit_compile: Any) -> keras.Model:
    """Three residual blocks of two convolutions each."""

    def convolved(x: Any) -> Any:
        return L.BatchNormalization()(L.Conv2D(16, 3, padding="same", use_bias=False)(x))

    inputs = keras.Input((32, 32, 3))
    x = L.Conv2D(16, 3, padding="same")(inputs)
    for _ in range(3):
        x = L.ReLU()(x + convolved(L.ReLU()(convolved(x))))
    return _classify(inputs, L.GlobalAveragePooling2D()(x), jit_compile)


def transformer(jit_compile: Any) -> keras.Model:
    """Two encoder blocks of four heads on texts of 32 words."""
    inputs = keras.Input((32,), dtype="int32")
    x = L.Embedding(1000, 32)(inputs)
    for _ in range(2):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 8)(x, x))
        x = L.LayerNormalization()(x + L.Dense(32)(L.Dense(64, activation="gelu")(x)))
    return _classify(inputs, L.GlobalAveragePooling1D()(x), jit_compile)


def autoencoder(jit_compile: Any) -> keras.Model:
    """784 numbers through 32 and back."""
    widths = ((128, "relu"), (32, None), (128, "relu"), (784, "sigmoid"))
    layers = [L.Dense(width, activation=activation) for width, activation in widths]
    model = keras.Sequential([keras.Input((784,)), *layers])
    model.compile("adam", "binary_crossentropy", jit_compile=jit_compile)
    return model


def two_outputs(jit_compile: Any) -> keras.Model:
    """Predict a class and a value from one hidden layer, each with its loss and metric."""
    inputs = keras.Input((32,))
    hidden = L.Dense(64, activation="relu")(inputs)
    model = keras.Model(inputs, {"class": L.Dense(10)(hidden), "value": L.Dense(1)(hidden)})
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        "adam",
        {"class": loss, "value": "mse"},
        metrics={"class": "accuracy", "value": "mae"},
        jit_compile=jit_compile,
    )
    return model


def _classify(inputs: Any, features: Any, jit_compile: Any) -> keras.Model:
    model = keras.Model(inputs, L.Dense(10)(features))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=jit_compile)
    return model


def _case(
    name: str, model: Callable[[Any], keras.Model], data: Rows, rows: int, batch_size: int
) -> Case:
    return Case(name=name, model=model, data=data, rows=rows, batch_size=batch_size)


TINY_MLP = classifier((8,), lambda: L.Dense(16, activation="relu"))
WIDE_MLP = classifier(
    (256,),
    lambda: L.Dense(1024, activation="relu"),
    L.BatchNormalization,
    lambda: L.Dropout(0.3),
    lambda: L.Dense(512, activation="relu"),
)
RECURRENT = classifier((40, 16), lambda: L.LSTM(32))
MASKED_TEXT = text(5000, 50, 32, lambda: L.Bidirectional(L.GRU(16)), mask=True)
EMBEDDED_TEXT = text(
    20_000, 100, 16, L.GlobalAveragePooling1D, lambda: L.Dense(16, activation="relu")
)
CNN = classifier(
    (28, 28, 1),
    lambda: L.Conv2D(16, 3, activation="relu"),
    L.MaxPooling2D,
    lambda: L.Conv2D(32, 3, activation="relu"),
    L.MaxPooling2D,
    L.Flatten,
    lambda: L.Dropout(0.5),
)
SIGNAL = classifier(
    (128, 4),
    lambda: L.Conv1D(32, 5, activation="relu"),
    lambda: L.MaxPooling1D(4),
    lambda: L.Conv1D(32, 5, activation="relu"),
    L.GlobalMaxPooling1D,
)
AUGMENTED = classifier(
    (32, 32, 3),
    lambda: L.RandomFlip("horizontal"),
    lambda: L.RandomTranslation(0.1, 0.1),
    lambda: L.Conv2D(16, 3, strides=2, activation="relu"),
    lambda: L.Conv2D(16, 3, strides=2, activation="relu"),
    L.Flatten,
)
SMALLEST = classifier((8,), lambda: L.Dense(8, activation="relu"), optimizer="sgd")

MODELS = (
    _case("tiny MLP", TINY_MLP, normal(8), 20_000, 32),
    _case("PINN", regression(2, 50, 50, 50, 50), pairs(2, 1), 10_000, 128),
    _case("wide MLP", WIDE_MLP, normal(256), 8_000, 128),
    _case("LSTM", RECURRENT, normal(40, 16), 2_000, 32),
    _case("GRU, masked text", MASKED_TEXT, words(5000, 50), 1_000, 32),
    _case("embedded text", EMBEDDED_TEXT, words(20_000, 100), 5_000, 128),
    _case("CNN", CNN, normal(28, 28, 1), 3_000, 64),
    _case("ResNet-like", residual, normal(32, 32, 3), 500, 32),
    _case("Conv1D", SIGNAL, normal(128, 4), 3_000, 64),
    _case("transformer", transformer, words(1000, 32), 1_500, 32),
    _case("autoencoder", autoencoder, pictures, 8_000, 128),
    _case("two outputs", two_outputs, class_and_value, 10_000, 64),
    _case("augmented CNN", AUGMENTED, normal(32, 32, 3), 1_000, 64),
    _case("batch of 1", SMALLEST, normal(8), 2_000, 1),
)

BATCHES = tuple(
    replace(case, batch_size=batch_size, rows=steps * batch_size)
    for case in MODELS
    if case.name in ("tiny MLP", "LSTM", "CNN", "transformer")
    for batch_size, steps in ((1, 256), (32, 64), (512, 8))
)
"""One model of a kind at one row a step, at the usual number, and at many."""
