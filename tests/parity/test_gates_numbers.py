"""Numbers that are no fault of a lane: what float32 rounds, and a loss that is lost in both."""

from __future__ import annotations

import numpy as np
import pytest
import traces
from traces import LANES

from keras3_lab.parity.compare.blame import step_to_search
from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.trace import Trace

pytestmark = pytest.mark.once


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_both_lanes_lose_in_one_step_is_not_judged_from_there(value: float) -> None:
    one, other = traces.pair()
    for trace in (one, other):
        traces.run(trace, "float64").steps["loss"][9:] = value
    (found,) = (check for check in compare(one, other) if check.gate != "G0")
    assert (found.gate, found.what, found.verdict, found.step) == (
        "G1", "finite loss", UNJUDGED, 9,
    )  # fmt: skip
    assert f"the loss is {value} in both lanes from step 9" in found.detail
    assert step_to_search([found], LANES, traces.STEPS) is None
    # What differs before that step, or is lost in another one, differs.
    traces.run(other, "float64").steps["loss"][8] *= 1 + 2e-9
    assert check_of(compare(one, other), "loss and metrics of every step").step == 8
    one, other = traces.pair()
    for step, trace in ((9, one), (10, other)):
        traces.run(trace, "float64").steps["loss"][step:] = value
    assert check_of(compare(one, other), "loss and metrics of every step").step == 9


def check_of(checks: list[Check], what: str) -> Check:
    (found,) = (check for check in checks if check.what == what)
    return found


def off(trace: Trace, dtype: str, by: float) -> None:
    """Let the first output of a run's first predictions be off by so much of the largest."""
    outputs = traces.run(trace, dtype).predictions["start/0"]
    outputs.flat[0] += by * np.abs(outputs).max()


@pytest.mark.parametrize(
    ("rounding", "fault", "verdict"),
    [
        ((2e-5, 3e-5), 5.9e-5, AGREE),
        ((2e-5, 3e-5), 6.3e-5, DIFFER),
        # The lane that is near to its float64 counts: a fault in float32 excuses nothing.
        ((2e-5, 0.0), 1.1e-5, DIFFER),
        ((0.0, 3e-5), 1.1e-5, DIFFER),
        ((0.0, 0.0), 0.9e-5, AGREE),
    ],
)
def test_a_forward_pass_in_float32_may_be_off_by_its_own_rounding(
    rounding: tuple[float, float], fault: float, verdict: str
) -> None:
    pair = traces.pair()
    for trace, by in zip(pair, rounding, strict=True):
        traces.run(trace, "float64").predictions["start/0"] = (
            traces.run(trace, "float32").predictions["start/0"].astype("float64")
        )
        off(trace, "float64", by)
    off(pair[1], "float32", fault)
    off(pair[1], "float64", fault)
    what = "forward pass of the initial weights"
    found = [check for check in compare(*pair) if (check.gate, check.what) == ("G2", what)]
    assert found[0].verdict == verdict


def test_a_forward_pass_in_float32_may_be_off_by_what_one_ulp_does() -> None:
    one, other = traces.pair()
    off(other, "float32", 5.9e-5)
    what = "forward pass of the initial weights"
    for by, verdict in ((1.9e-5, DIFFER), (2.1e-5, AGREE)):
        predicted = traces.run(one, "float32").predictions["start/0"].copy()
        predicted.flat[0] += by * np.abs(predicted).max()
        traces.moved(one, "float32", 3).predictions["start/0"] = predicted
        found = [check for check in compare(one, other) if (check.gate, check.what) == ("G2", what)]
        assert found[0].verdict == verdict
