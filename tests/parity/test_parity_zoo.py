"""Planted faults are caught, and the right thing blamed; sound lanes raise no alarm.

Both lanes run in this process, on the running backend. The default suite tries a fault for each
kind of thing that blame can name, here or through the command in `test_command.py`; the others are
marked as slow.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from harness import InProcess, caught_at, compared, judge
from planted import FAULTS as PLANTED
from sound import adam, dense, dense_model, problem
from zoo import FAULTS

from keras3_lab.parity.compare.checks import AGREE
from keras3_lab.parity.header import Header
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.record.precision import precision
from keras3_lab.parity.record.recording import record_main
from keras3_lab.parity.record.schedule import Schedule
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace

QUICK = (
    "adam_epsilon", "beta", "bias_dropped", "metric", "no_bias", "partial_batch", "schedule_late",
    "validation",
)  # fmt: skip
EVERY = [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in FAULTS]


def test_every_kind_of_thing_is_blamed_in_the_default_suite() -> None:
    here, by_command = (
        (FAULTS[name].kind for name in QUICK),
        (kind for _, kind, _ in PLANTED.values()),
    )
    assert {*here, *by_command} >= {fault.kind for fault in FAULTS.values()}


@pytest.mark.parametrize("name", EVERY)
def test_a_planted_fault_is_caught_and_blamed(name: str) -> None:
    fault = FAULTS[name]
    dtype = "float32" if fault.gate == "G2" else "float64"
    checks, blame = judge(fault.sound, fault.faulty, dtype)
    assert caught_at(checks) == fault.gate
    assert blame is not None
    assert (blame.kind, fault.name in blame.name) == (fault.kind, True), str(blame)
    if fault.step >= 0:
        assert blame.step == fault.step


class Reordered(keras.layers.Dense):
    """The same function with other rounding: the sum is taken in two halves."""

    def call(self, inputs, training=None):
        left = keras.ops.matmul(inputs[:, 4:], self.kernel[4:])
        return left + keras.ops.matmul(inputs[:, :4], self.kernel[:4]) + self.bias


@pytest.fixture(scope="module")
def two_sound_lanes():
    def reordered():
        return problem(dense_model(hidden=Reordered(16, name="hidden")), adam())

    with precision("float64"):
        yield (
            InProcess("sound:cpu", dense, "float64", Plan()),
            InProcess("other:cpu", reordered, "float64", Plan()),
        )


@pytest.mark.long
def test_no_false_alarm_over_20_seeds(two_sound_lanes) -> None:
    worst = 0.0
    for seed in range(20):
        traces = []
        for lane in two_sound_lanes:
            lane.training.reset(seed=seed)
            trace = Trace(Header(lane.trace.lane, Subject("zoo")))
            record_main(trace, lane.training, "float64")
            traces.append(trace)
        from keras3_lab.parity.compare.gates import compare

        checks = compare(*traces)
        assert {check.verdict for check in checks} == {AGREE}, checks
        worst = max(worst, *(check.largest or 0.0 for check in checks))
    assert 0 < worst < 1e-11  # it is another rounding, and nothing but rounding


def test_another_batch_order_is_caught_as_input(two_sound_lanes) -> None:
    one, other = two_sound_lanes
    for lane in two_sound_lanes:
        lane.training.reset(seed=42)
    schedule = other.training.schedule
    other.training.schedule = Schedule(7, schedule.rows, schedule.batch_size, schedule.steps)
    for lane in two_sound_lanes:
        lane.trace = Trace(Header(lane.trace.lane, Subject("zoo")))
        lane.replay._restore(0)
        record_main(lane.trace, lane.training, "float64")
        lane.replay._restore(0)
    checks, blame = compared(one, other, "float64")
    assert caught_at(checks) == "G0"
    assert blame is not None
    assert (blame.step, blame.kind, blame.name) == (0, "data batch", "x")
    assert np.isfinite(blame.values).all()
