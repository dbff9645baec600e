"""Every loss of Keras."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L
from keras import losses

from models.declare import Models, unjudged
from models.parts import labels, one_hot, rng, sequences, table

MODELS = Models(__name__)


def _trained(loss, y: np.ndarray, activation: str = "linear", **compiling):
    units = y.shape[-1] if y.ndim > 1 else 3
    model = keras.Sequential([keras.Input((6,)), L.Dense(5, "tanh"), L.Dense(units, activation)])
    model.compile("sgd", loss, **compiling)
    return model, table(), y


def _real() -> np.ndarray:
    return rng(3).normal(size=(64, 2)).astype("float32")


def _positive() -> np.ndarray:
    return np.exp(_real())


def _bits() -> np.ndarray:
    return rng(3).integers(0, 2, (64, 3)).astype("float32")


REGRESSION = {
    "mean_squared_error": (losses.MeanSquaredError, _real, "linear"),
    "mean_absolute_error": (losses.MeanAbsoluteError, _real, "linear"),
    "mean_absolute_percentage_error": (losses.MeanAbsolutePercentageError, _real, "linear"),
    "mean_squared_logarithmic_error": (
        losses.MeanSquaredLogarithmicError, _positive, "softplus",
    ),
    "huber": (losses.Huber, _real, "linear"),
    "log_cosh": (losses.LogCosh, _real, "linear"),
    "cosine_similarity": (losses.CosineSimilarity, _real, "linear"),
    "poisson": (losses.Poisson, _positive, "softplus"),
}  # fmt: skip
BINARY = {
    "binary_crossentropy": (losses.BinaryCrossentropy, _bits, "sigmoid"),
    "binary_focal_crossentropy": (losses.BinaryFocalCrossentropy, _bits, "sigmoid"),
    "hinge": (losses.Hinge, _bits, "tanh"),
    "squared_hinge": (losses.SquaredHinge, _bits, "linear"),
    "dice": (losses.Dice, _bits, "sigmoid"),
    "tversky": (losses.Tversky, _bits, "sigmoid"),
}
CATEGORIES = {
    "categorical_crossentropy": (losses.CategoricalCrossentropy, one_hot, "softmax"),
    "categorical_focal_crossentropy": (losses.CategoricalFocalCrossentropy, one_hot, "softmax"),
    "categorical_generalized_cross_entropy": (
        losses.CategoricalGeneralizedCrossEntropy, labels, "softmax",
    ),
    "categorical_hinge": (losses.CategoricalHinge, one_hot, "linear"),
    "kl_divergence": (losses.KLDivergence, one_hot, "softmax"),
    "sparse_categorical_crossentropy": (losses.SparseCategoricalCrossentropy, labels, "softmax"),
    "circle": (losses.Circle, labels, "tanh"),
}  # fmt: skip
for name, (loss, y, activation) in {**REGRESSION, **BINARY, **CATEGORIES}.items():
    MODELS.add(
        name,
        lambda loss=loss, y=y, activation=activation: _trained(loss(), y(), activation),
    )

VARIANTS = {
    "binary_from_logits": (lambda: losses.BinaryCrossentropy(from_logits=True), _bits),
    "binary_smoothed": (
        lambda: losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), _bits,
    ),
    "focal_from_logits": (
        lambda: losses.BinaryFocalCrossentropy(apply_class_balancing=True, from_logits=True), _bits,
    ),
    "categorical_from_logits": (
        lambda: losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), one_hot,
    ),
    "sparse_ignored_class": (
        lambda: losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2), labels,
    ),
    "summed": (lambda: losses.MeanSquaredError(reduction="sum"), _real),
    "by_name": (lambda: "mse", _real),
    "function": (lambda: lambda y, p: keras.ops.mean(keras.ops.abs(y - p) ** 3, axis=-1), _real),
}  # fmt: skip
for name, (loss, y) in VARIANTS.items():
    expected = (
        unjudged("Keras saves no function by name without registration", "G3")
        if name == "function"
        else None
    )
    MODELS.add(name, lambda loss=loss, y=y: _trained(loss(), y()), expected)


@MODELS.agree
def ctc():
    model = keras.Sequential([keras.Input((9, 4)), L.Dense(6, "tanh"), L.Dense(5)])
    model.compile("adam", losses.CTC())
    return model, sequences(steps=9), rng(2).integers(1, 5, (64, 3)).astype("int32")


@MODELS.agree
def sample_weights():
    model, x, y = _trained("mse", _real())
    return model, x, y, rng(4).uniform(0, 2, 64).astype("float32")


@MODELS.agree
def several_with_weights():
    inputs = keras.Input((6,))
    hidden = L.Dense(5, "tanh")(inputs)
    outputs = {"value": L.Dense(2, name="value")(hidden), "kind": L.Dense(3, name="kind")(hidden)}
    model = keras.Model(inputs, outputs)
    model.compile(
        "adam",
        {
            "value": losses.Huber(),
            "kind": losses.SparseCategoricalCrossentropy(from_logits=True),
        },
        loss_weights={"value": 0.3, "kind": 2.0},
        metrics={"value": "mae", "kind": "accuracy"},
    )
    return model, table(), {"value": _real(), "kind": labels()}
