"""One sound problem, and copies of it that are wrong in the lane called `faulty` alone."""

from __future__ import annotations

import os

import keras
import numpy as np
from keras import layers

from keras3_lab.layers import Dropout
from keras3_lab.parity.problem import Problem

FAULTY = os.environ.get("KERAS3_LAB_LANE") == "faulty"

ROWS, BATCH, EPOCHS = 32, 16, 2
CHANGED_ROW = 27


def _problem(
    hidden: layers.Layer | None = None,
    drop: tuple[layers.Layer, ...] = (),
    rate: float = 0.01,
    rows: int = ROWS,
) -> Problem:
    x = np.random.default_rng(0).normal(size=(rows, 4))
    y = x[:, :2].sum(axis=1, keepdims=True)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            hidden or layers.Dense(8, "tanh", name="hidden"),
            *drop,
            layers.Dense(1, name="last"),
        ]
    )
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    held_out = (x[:BATCH], y[:BATCH])
    return Problem(model, x, y, validation_data=held_out, batch_size=BATCH, epochs=EPOCHS)


def sound() -> Problem:
    """Has a partial batch at the end of each epoch."""
    return _problem(drop=(Dropout(0.25, name="drop"),), rows=ROWS + BATCH // 2)


def datum() -> Problem:
    """One target is off by a millionth."""
    problem = _problem()
    if FAULTY:
        problem.y[CHANGED_ROW] += 1e-6
    return problem


def layer() -> Problem:
    """A layer computes another function."""
    return _problem(layers.Dense(8, "softsign" if FAULTY else "tanh", name="hidden"))


def rate() -> Problem:
    """The learning rate is another one."""
    return _problem(rate=0.0101 if FAULTY else 0.01)


@keras.saving.register_keras_serializable("planted")
class Coarse(layers.Dense):
    """Keeps ten bits of its inputs in float32, as tf32 does, and all of them in float64."""

    def call(self, inputs, training=None):
        if FAULTY and keras.config.floatx() == "float32":
            big = inputs * 8193.0
            inputs = big - (big - inputs)
        return super().call(inputs)


def coarse() -> Problem:
    """A layer that is wrong in float32 alone."""
    return _problem(Coarse(8, "tanh", name="hidden"))


def stock() -> Problem:
    """A layer whose masks differ between backends."""
    return _problem(drop=(layers.Dropout(0.25, name="drop"),))


FAULTS = {
    "datum": ("G0", "data batch", "y"),
    "layer": ("G1", "layer output", "hidden"),
    "rate": ("G1", "optimizer slot before the step", "sgd/learning_rate"),
    "coarse": ("G2", "layer output", "hidden"),
}
"""What is planted, the first gate that must notice it, and what must be blamed: kind and name."""
