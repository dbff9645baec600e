"""Gate G2: how far lanes in float32 may be apart, measured on a lane's own runs."""

from __future__ import annotations

import numpy as np
import pytest
import traces
from traces import LANES, ONE, OTHER, OTHER_SEEDS, SEED

from keras3_lab.parity.compare.checks import AGREE, DIFFER, FLOAT32_TOLERANCE, UNJUDGED, Check
from keras3_lab.parity.compare.float32 import BY_LATER_STEPS, ENVELOPE, compare_float32
from keras3_lab.parity.trace import Trace

pytestmark = pytest.mark.once

FIRST = "loss of the first 100 steps"


def compare(one: Trace, other: Trace) -> list[Check]:
    return list(compare_float32(one, other, LANES))


def g2(one: Trace, other: Trace, what: str) -> Check:
    (found,) = (check for check in compare(one, other) if check.what == what)
    return found


def lanes(theirs: np.ndarray | None = None) -> tuple[Trace, Trace]:
    """Return a sound pair whose float32 losses are the same but for the second lane's new ones."""
    one, other = traces.pair()
    losses = traces.run(one, "float32").steps["loss"].astype(np.float64)
    for run in (
        traces.run(one, "float32"),
        traces.run(one, "float64"),
        *(traces.moved(one, "float32", ulp) for ulp in range(1, traces.ULPS + 1)),
    ):
        run.steps["loss"] = losses.copy()
    traces.run(other, "float32").steps["loss"] = losses.copy() if theirs is None else theirs
    return one, other


def off(losses: np.ndarray, at: int | None, by: float = 1e-2) -> np.ndarray:
    """Return losses that leave the given ones at a step."""
    copy = losses.copy()
    if at is not None:
        copy[at:] *= 1 + by
    return copy


# The loss of the first 100 steps.


@pytest.mark.parametrize(
    ("own", "theirs", "verdict"),
    [
        (None, 50, DIFFER),  # rounding parts nothing
        (50, 50, AGREE),
        (50, 20, AGREE),  # 2 · 20 + 10
        (50, 19, DIFFER),
        (110, 50, AGREE),  # 2 · 50 + 10, behind the steps that are compared
        (111, 50, DIFFER),
        (10, 0, AGREE),
        (11, 0, DIFFER),
    ],
)
def test_lanes_may_part_at_step_t_if_rounding_parts_a_lane_by_step_2t_plus_10(
    own: int | None, theirs: int, verdict: str
) -> None:
    one, other = lanes()
    losses = traces.run(one, "float32").steps["loss"]
    traces.moved(one, "float32", 3).steps["loss"] = off(losses, own)
    traces.run(other, "float32").steps["loss"] = off(losses, theirs)
    found = g2(one, other, FIRST)
    assert found.verdict == verdict
    assert found.step == (theirs if verdict == DIFFER else None)
    by_later_steps = verdict == AGREE and own is not None and theirs < own
    assert (BY_LATER_STEPS in found.detail) == by_later_steps


@pytest.mark.parametrize(("by", "verdict"), [(2.9e-3, AGREE), (3.1e-3, DIFFER)])
def test_lanes_may_be_three_times_as_far_apart_as_rounding_takes_a_lane(
    by: float, verdict: str
) -> None:
    one, other = lanes()
    losses = traces.run(one, "float32").steps["loss"]
    traces.moved(one, "float32", 2).steps["loss"] = off(losses, 0, 1e-3)
    traces.run(other, "float32").steps["loss"] = off(losses, 0, by)
    for what in (FIRST, ENVELOPE):
        found = g2(one, other, what)
        assert found.verdict == verdict
        assert found.largest == pytest.approx(by, rel=0.01)
        assert found.tolerance == pytest.approx(3e-3, rel=0.01)


@pytest.mark.parametrize(("by", "verdict"), [(5.8e-3, AGREE), (6.2e-3, DIFFER)])
def test_any_two_runs_that_rounding_parts_make_the_envelope(by: float, verdict: str) -> None:
    one, other = lanes()
    losses = traces.run(one, "float32").steps["loss"]
    traces.moved(one, "float32", 1).steps["loss"] = off(losses, 0, 1e-3)
    traces.moved(one, "float32", 4).steps["loss"] = off(losses, 0, -1e-3)
    traces.run(other, "float32").steps["loss"] = off(losses, 0, by)
    for what in (FIRST, ENVELOPE):
        assert g2(one, other, what).verdict == verdict


def test_what_rounding_has_parted_once_it_may_part_for_good() -> None:
    one, other = lanes()
    losses = traces.run(one, "float32").steps["loss"]
    moved = losses.copy()
    moved[12] *= 1 + 1e-2  # and is together again
    traces.moved(one, "float32", 1).steps["loss"] = moved
    traces.run(other, "float32").steps["loss"] = off(losses, 40)
    assert g2(one, other, FIRST).verdict == AGREE


@pytest.mark.parametrize(("at", "what"), [(99, FIRST), (100, None)])
def test_the_first_100_steps_are_compared_one_by_one(at: int, what: str | None) -> None:
    one, other = lanes()
    traces.run(other, "float32").steps["loss"][at] *= 1 + 5e-5  # a 20th of that in the mean
    differing = [check.what for check in compare(one, other) if check.verdict != AGREE]
    assert differing == ([what] if what else [])


@pytest.mark.parametrize(
    ("starts_off", "verdict"), [(0.0, AGREE), (0.9e-5, AGREE), (1.1e-5, DIFFER)]
)
def test_the_float64_run_counts_where_it_starts_as_the_float32_run_does(
    starts_off: float, verdict: str
) -> None:
    one, other = lanes()
    losses = traces.run(one, "float32").steps["loss"]
    exact = off(losses, 1)
    exact[0] *= 1 + starts_off
    traces.run(one, "float64").steps["loss"] = exact
    traces.run(other, "float32").steps["loss"] = off(losses, 50)
    for what in (FIRST, ENVELOPE):
        assert g2(one, other, what).verdict == verdict


@pytest.mark.parametrize(("lost", "verdict"), [([1, 2, 3, 4], DIFFER), ([2], AGREE)])
def test_a_loss_that_one_lane_loses_differs_unless_rounding_decides(
    lost: list[int], verdict: str
) -> None:
    one, other = lanes()
    runs = [traces.moved(one, "float32", ulp) for ulp in lost]
    runs.append(traces.run(other if verdict == AGREE else one, "float32"))
    runs += [traces.run(one, "float64")] if verdict == DIFFER else []
    for run in runs:
        run.steps["loss"] = run.steps["loss"].copy()
        run.steps["loss"][120:] = np.nan
    assert g2(one, other, ENVELOPE).verdict == verdict


def test_the_second_lanes_runs_are_the_yardstick_where_the_first_has_none() -> None:
    one, other = lanes()
    losses = traces.run(one, "float32").steps["loss"]
    traces.without_moved(one)
    traces.without_run(one, "float64")
    traces.run(one, "float32").steps["loss"] = off(losses, 50, 2e-2)
    traces.set_moved(other, "float32", traces.losses_from(off(losses, 50)))
    for what in (FIRST, ENVELOPE):
        assert g2(one, other, what).verdict == AGREE
    assert f"runs of {OTHER}" in g2(one, other, ENVELOPE).detail


def test_without_runs_that_rounding_parts_there_is_no_envelope() -> None:
    one, other = (
        traces.lossy(ONE, "float32", np.ones(50)),
        traces.lossy(OTHER, "float32", np.ones(50)),
    )
    traces.run(other, "float32").steps["loss"] *= 1 + 1.1 * FLOAT32_TOLERANCE
    verdicts = {check.what: check.verdict for check in compare(one, other)}
    assert verdicts == {"forward pass of the initial weights": AGREE, FIRST: DIFFER}


def test_the_envelope_says_what_it_was_measured_on() -> None:
    found = g2(*traces.pair(), ENVELOPE)
    # The run itself, four from weights moved by one ulp, and the one in float64.
    assert f"6 runs of {ONE} that differ by rounding" in found.detail
    assert "allowed 3 times that, at least 1e-05" in found.detail


# Final metrics over seeds.


def noisy(one: Trace, other: Trace, name: str, spread: float, shift: float = 0.0) -> None:
    """Make the second lane's final metric differ by seed."""
    signs = (1, -1, 1, -1, 0)
    for sign, number in zip(signs, (SEED, *OTHER_SEEDS), strict=True):
        traces.seed(other, number).epochs[name][-1] += sign * spread + shift


@pytest.mark.parametrize(
    ("spread", "shift", "verdict"),
    [
        (0.002, 0.0, AGREE),
        (0.02, 0.0, UNJUDGED),  # too noisy to show anything
        (0.002, 0.02, DIFFER),
        (0.002, -0.02, DIFFER),
        (0.02, 0.02, UNJUDGED),
    ],
)
def test_final_metrics_agree_once_that_is_shown(spread: float, shift: float, verdict: str) -> None:
    one, other = traces.pair()
    noisy(one, other, "val_accuracy", spread, shift)
    found = g2(one, other, "final val_accuracy over seeds")
    assert found.verdict == verdict
    assert ("try more with --seeds" in found.detail) == (verdict == UNJUDGED)
    assert {check.verdict for check in compare(one, other) if check != found} == {AGREE}


def test_the_interval_is_that_of_differences_of_the_same_seed() -> None:
    one, other = traces.pair()
    for step, number in enumerate((SEED, *OTHER_SEEDS)):
        for lane in (
            one,
            other,
        ):  # ten times the margin apart, and the same on both lanes
            traces.seed(lane, number).epochs["val_accuracy"][-1] = 0.5 + 0.1 * step
    assert g2(one, other, "final val_accuracy over seeds").verdict == AGREE


def test_the_last_epoch_is_the_final_one() -> None:
    one, other = traces.pair()
    for number in (SEED, *OTHER_SEEDS):
        traces.seed(other, number).epochs["val_accuracy"][:-1] += 0.5
    assert {check.verdict for check in compare(one, other)} == {AGREE}


@pytest.mark.parametrize(("missing", "tested"), [(2, 3), (3, 0)])
def test_seeds_that_both_lanes_ran_are_tested_and_the_main_run_is_one(
    missing: int, tested: int
) -> None:
    one, other = traces.pair()
    traces.without_seeds(other, *OTHER_SEEDS[:missing])
    found = [check for check in compare(one, other) if check.what.endswith("over seeds")]
    assert len(found) == (2 if tested else 0)
    assert all(check.detail.startswith(f"{tested} seeds") for check in found)


def test_metrics_of_training_are_not_tested_over_seeds() -> None:
    checks = compare(*traces.pair())
    assert {c.what for c in checks if c.what.endswith("over seeds")} == {
        "final val_loss over seeds", "final val_accuracy over seeds",
    }  # fmt: skip
    assert {(check.gate, check.lanes) for check in checks} == {("G2", LANES)}
