"""Data in the forms that `fit` takes."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L

from models.declare import Models, differs
from models.parts import classifier, functional, labels, rng, table

MODELS = Models(__name__)


def _dense(x=None):
    return classifier(table() if x is None else x, [L.Dense(5, "tanh")])


@MODELS.agree
def lists():
    model, x, y = _dense()
    return model, x.tolist(), y.tolist()


@MODELS.agree
def one_row():
    return _dense(table(1))


@MODELS.agree
def one_partial_batch():
    return _dense(table(9))


@MODELS.agree
def float64_and_int64():
    model, x, y = _dense()
    return model, x.astype("float64"), y.astype("int64")


@MODELS.agree
def bytes_of_pixels():
    x = rng().integers(0, 256, (32, 6, 6, 1)).astype("uint8")
    return classifier(x, [L.Rescaling(1 / 255), L.Conv2D(3, 3), L.ReLU()])


@MODELS.agree
def booleans():
    model, _, y = _dense()
    return model, rng().integers(0, 2, (64, 6)).astype(bool), y


@MODELS.agree
def not_contiguous():
    model, _, y = _dense()
    return model, np.asfortranarray(table()), y[::-1]


@MODELS.agree
def nested():
    inputs = {"pair": [keras.Input((6,)), keras.Input((2,))], "alone": keras.Input((3,))}
    hidden = L.Concatenate()([*inputs["pair"], inputs["alone"]])
    x = {"pair": [table(), table(columns=2)], "alone": table(columns=3)}
    return functional(inputs, L.Dense(3)(hidden), x)


@MODELS.agree
def unknown_length():
    inputs = keras.Input((None, 4))
    hidden = L.GlobalMaxPooling1D()(L.Conv1D(5, 3, padding="same")(inputs))
    return functional(inputs, L.Dense(3)(hidden), rng().normal(size=(64, 7, 4)).astype("float32"))


@MODELS.agree
def scalar_targets():
    model = keras.Sequential([keras.Input((6,)), L.Dense(1)])
    model.compile("sgd", "mse")
    return model, table(), rng(3).normal(size=64).astype("float32")


@MODELS.agree
def labels_in_a_column():
    model, x, y = _dense()
    return model, x, y[:, None]


@MODELS.agree
def built_late():
    """A Sequential without an input: it is built by its first batch."""
    model = keras.Sequential([L.Dense(5, "tanh"), L.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model, table(), labels()


@MODELS.expect(differs("weight", "bias", "`fit` draws and shuffles as its backend does, and "
    "only weights with a random initializer are drawn anew"))  # fmt: skip
def trained_before():
    """The model has been trained a little when parity gets it."""
    model, x, y = _dense()
    model.fit(x, y, verbose=0)
    return model, x, y
