"""Models and data as people bring them: some right, some wrong, none made for parity."""

from __future__ import annotations

import os

import keras
import numpy as np
from keras import layers, ops

from keras3_lab.parity.problem import Problem

ROWS, CLASSES = 40, 3
X = np.random.default_rng(0).normal(size=(ROWS, 5)).astype("float32")
Y = np.random.default_rng(1).integers(0, CLASSES, ROWS).astype("int32")
CALLS = []


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def dense(**compiled):
    model = keras.Sequential([keras.Input((5,)), layers.Dense(CLASSES)])
    model.compile("sgd", **{"loss": loss(), **compiled})
    return model


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = slice(16 * index, 16 * (index + 1))
        return X[rows], Y[rows]


class Frame:
    """What a data frame offers."""

    def __init__(self, values):
        self._values = values

    def to_numpy(self):
        return self._values


# Data that are taken.


def arrays():
    return dense(), X, Y


def a_list():
    return [dense(), X.tolist(), Y.tolist()]


def frames():
    return dense(), Frame(X), Frame(Y)


def batches():
    return dense(), Batches()


def a_generator():
    return dense(), ((X[i : i + 16], Y[i : i + 16]) for i in range(0, ROWS, 16))


def validated_on_batches():
    return Problem(dense(), X, Y, validation_data=Batches())


def ignored_labels():
    model = dense(loss=keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1))
    return model, X, np.where(Y == 2, -1, Y)


# What is refused.


def raises():
    raise FileNotFoundError(2, "there are no data", "/data/mine.csv")


def needs(path, *, rows):
    return path, rows


def alone():
    return dense()


def five():
    return dense(), X, Y, None, 32


def nothing():
    return dense(), X[:0], Y[:0]


def words():
    return dense(), np.array([["a"], ["b"]]), Y[:2]


def uneven():
    return dense(), [[1.0, 2.0], [1.0]], Y[:2]


def of_another_length():
    return dense(), X, Y[:-1]


def label_too_large():
    return dense(), X, np.where(np.arange(ROWS) == 7, CLASSES, Y)


def label_between():
    return dense(loss="sparse_categorical_crossentropy"), X, np.where(np.arange(ROWS) == 5, 0.5, Y)


def no_batches():
    return dense(), iter(())


NO_FUNCTION = 3


# What parts lanes, or stops them.


def goes_on():
    CALLS.append(len(CALLS))
    return dense(), X + len(CALLS), Y


def in_float32_alone(y, y_pred):
    if keras.backend.standardize_dtype(y_pred.dtype) == "float64":
        raise TypeError("expects float32")
    return loss()(y, y_pred)


def fails_in_float64():
    return dense(loss=in_float32_alone), X, Y


def cannot_be_made_in_float64():
    if keras.config.floatx() == "float64":
        raise TypeError("expects float32")
    return arrays()


def _end_the_process(x):
    os._exit(7)


def ends_the_process():
    return dense(loss=lambda y, y_pred: _end_the_process(y)), X, Y


class Unknown(layers.Layer):
    def call(self, x):
        return ops.tanh(x)


def unregistered():
    model = keras.Sequential([keras.Input((5,)), Unknown(), layers.Dense(CLASSES)])
    model.compile("sgd", loss())
    return model, X, Y


class NoConfig(layers.Layer):
    def call(self, x):
        return ops.tanh(x)

    def get_config(self):
        raise RuntimeError("there is no configuration")


def cannot_be_saved():
    model = keras.Sequential([keras.Input((5,)), NoConfig(), layers.Dense(CLASSES)])
    model.compile("sgd", loss())
    return model, X, Y


def recurrent():
    model = keras.Sequential([keras.Input((5, 1)), layers.GRU(2), layers.Dense(CLASSES)])
    model.compile("sgd", loss())
    return model, X.reshape(ROWS, 5, 1), Y


def vector_metrics():
    metrics = [keras.metrics.F1Score(threshold=0.5), keras.metrics.R2Score(class_aggregation=None)]
    return dense(loss="mse", metrics=metrics), X, np.eye(CLASSES, dtype="float32")[Y]


def in_bfloat16():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, "relu", dtype="mixed_bfloat16"),
            layers.Dense(CLASSES, dtype="float32"),
        ]
    )
    model.compile("adam", loss())
    return model, X, Y


class Sampled(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x):
        return x + 0.1 * keras.random.normal(ops.shape(x), seed=self.seed_generator, dtype=x.dtype)


def draws_when_it_predicts():
    model = keras.Sequential([keras.Input((5,)), Sampled(), layers.Dense(CLASSES)])
    model.compile("sgd", loss())
    return model, X, Y
