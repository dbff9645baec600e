"""Faults where rules are wide: in a training that is chaotic, and behind G3's switch.

The weight of the chaotic model goes from w to 4w(1 - w) in each step: what is off by rounding
doubles each time, and passes G1's tolerance after some 25 steps.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.header import Header
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.recording import Recording
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace

SUBJECT = Subject("planted")
STEPS = 60
ROWS = np.zeros((STEPS, 1))


class Logistic(keras.layers.Layer):
    def __init__(self, size: float, at: int, **kwargs):
        super().__init__(**kwargs)
        self.size, self.at = size, at
        self.made = self.add_weight(shape=(), initializer="zeros", trainable=False, dtype="int32")
        self.weight = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.3))

    def call(self, x, training=False):
        off = ops.where(ops.equal(self.made, self.at), self.size, 0.0)
        if training:
            self.made.assign(self.made + 1)
        w = self.weight + ops.cast(off, self.compute_dtype)
        return x + (4 * w**3 / 3 - 3 * w**2 / 2)


def predicted(y, y_pred):
    return ops.mean(y_pred)


def lane(name: str, size: float = 0.0, at: int = -1) -> Trace:
    """Record the chaotic model in a lane in which the weight is off by so much in one step."""

    def make(seed: int) -> Problem:
        keras.utils.clear_session(free_memory=False)
        model = keras.Sequential([keras.Input((1,)), Logistic(size, at)])
        model.compile(keras.optimizers.SGD(1.0), predicted)
        return Problem(model, ROWS, ROWS, batch_size=1)

    plan = Plan(("float64",), steps=STEPS)
    return Recording(make, plan).record(Header(name, SUBJECT), moved=True)


@pytest.fixture(scope="module")
def sound() -> Trace:
    return lane("sound:cpu")


def test_rounding_parts_a_chaotic_model_from_itself(sound: Trace) -> None:
    losses, (moved,) = sound.main("float64").steps["loss"], sound.moved("float64")
    apart = np.abs(losses - moved.steps["loss"])
    assert 15 < np.flatnonzero(apart > 1e-9)[0] < 35
    assert apart.max() > 0.1


@pytest.mark.parametrize(
    ("size", "at", "verdict"),
    [
        (1e-8, 0, DIFFER),
        (1e-8, 5, DIFFER),
        (1e-12, 0, DIFFER),
        (1e-14, 0, UNJUDGED),  # a hundred times as far as rounding goes
        # No further than rounding: it cannot be seen, and no more can a fault that begins after
        # rounding has grown beyond it.
        (1e-16, 0, AGREE),
        (1e-8, 40, AGREE),
    ],
)
def test_a_fault_in_a_chaotic_model_is_told_from_rounding(
    sound: Trace, size: float, at: int, verdict: str
) -> None:
    checks = compare(sound, lane("faulty:cpu", size, at))
    (steps,) = (check for check in checks if check.what == "loss and metrics of every step")
    assert steps.verdict == verdict
    assert all(check.verdict == AGREE for check in checks if check.gate == "G0")


@keras.saving.register_keras_serializable("tests")
class Forgetful(keras.layers.Layer):
    """Its penalty is lost when it is saved: only training shows it, and only behind the switch."""

    def __init__(self, strength: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.strength = strength

    def get_config(self):
        return {"name": self.name}

    def call(self, x):
        self.add_loss(self.strength * ops.mean(ops.square(x)))
        return x


def test_a_fault_behind_the_switch_is_g3s_alone() -> None:
    def make(seed: int) -> Problem:
        keras.utils.clear_session(free_memory=False)
        x = np.random.default_rng(0).normal(size=(64, 3))
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(2), Forgetful(0.1), keras.layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        return Problem(model, x, x.sum(axis=1), batch_size=8, epochs=2)

    here, there = (Recording(make, Plan(("float64",))) for _ in range(2))
    one, other = here.record(Header("a:cpu", SUBJECT)), there.record(Header("b:cpu", SUBJECT))
    other.add(there.resume(one, "float64"), "float64", "resumed", "a:cpu")
    verdicts = {(check.gate, check.what): check.verdict for check in compare(one, other)}
    assert verdicts.pop(("G3", "steps after the switch, float64")) == DIFFER
    assert verdicts[("G3", "predictions of the saved model, float64")] == AGREE
    assert set(verdicts.values()) == {AGREE}
