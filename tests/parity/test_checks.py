"""What the gates are made of: shapes, scales, tolerances that rounding widens, reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import traces
from broken_checks import changed
from traces import EPOCHS, LANES, ONE, OTHER, STEPS, SWITCH

from keras3_lab.parity.compare.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    UNJUDGED,
    Check,
    compare_arrays,
    tolerance_above_rounding,
)
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.compare.rounding import growing_rounding
from keras3_lab.parity.trace import Run, Trace

pytestmark = pytest.mark.once

STEPS_OF_G1 = "loss and metrics of every step"
STEPS_OF_G3 = "steps after the switch, float64"


def check_of(one: Trace, other: Trace, what: str, lanes: tuple[str, str] = LANES) -> Check:
    """Return one check, and see that all others agree."""
    checks = compare(one, other)
    (found,) = (c for c in checks if (c.what, c.lanes) == (what, lanes) and c.gate != "G2")
    assert {c.verdict for c in checks if c is not found} == {AGREE}
    return found


def test_the_tolerances_are_those_of_the_documentation() -> None:
    assert (FLOAT64_TOLERANCE, FLOAT32_TOLERANCE) == (1e-9, 1e-5)


# Something that is there in one lane alone, or is of another shape.


@pytest.mark.parametrize("at", [0, 1], ids=LANES)
@pytest.mark.parametrize(
    ("what", "part", "name", "cut", "detail"),
    [
        (STEPS_OF_G1, "steps", "accuracy", None, "accuracy in one of the lanes alone"),
        ("metrics of every epoch", "epochs", "val_accuracy", None, ""),
        ("metrics of every epoch", "epochs", "val_accuracy", EPOCHS - 1, ""),
        ("predictions of the trained model", "predictions", "end/1", None, " arrays and "),
        ("predictions of the trained model", "predictions", "end/1", 5, "output 1"),
        ("forward pass of the initial weights", "predictions", "start/1", 5, "output 1"),
    ],
)
def test_what_one_lane_lacks_differs(
    what: str, part: str, name: str, cut: int | None, detail: str, at: int
) -> None:
    pair = traces.pair()
    arrays = getattr(traces.run(pair[at], "float64"), part)
    if cut is None:
        del arrays[name]
    else:
        arrays[name] = arrays[name][:cut]
    checks = compare(*pair)
    (found,) = (c for c in checks if c.what == what and c.gate == "G1")
    assert (found.verdict, found.largest) == (DIFFER, np.inf)
    assert detail in found.detail
    others = {c.what for c in checks if c.verdict != AGREE and c is not found}
    assert not others or (part == "steps" and others == {STEPS_OF_G3})


@pytest.mark.parametrize("at", [0, 1], ids=LANES)
def test_a_run_that_ends_early_differs_at_the_step_that_is_missing(at: int) -> None:
    one, other = (
        traces.lossy(ONE, "float64", np.ones(5)),
        traces.lossy(OTHER, "float64", np.ones(5)),
    )
    steps = traces.run((one, other)[at], "float64").steps
    steps["loss"] = steps["loss"][:4]
    (found,) = (c for c in compare(one, other) if c.what == STEPS_OF_G1)
    assert (found.verdict, found.largest, found.step) == (DIFFER, np.inf, 4)
    assert found.detail == ("4 steps and 5" if at == 0 else "5 steps and 4")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_metric_that_is_not_finite_differs_and_one_that_is_so_on_both_lanes_does_not(
    value: float,
) -> None:
    one, other = traces.pair()
    traces.run(other, "float64").steps["accuracy"][9] = value
    found = check_of(one, other, STEPS_OF_G1)
    assert (found.verdict, found.largest, found.step) == (DIFFER, np.inf, 9)
    traces.run(one, "float64").steps["accuracy"][9] = value
    assert check_of(one, other, STEPS_OF_G1).verdict == AGREE


def test_the_first_step_that_differs_is_named_whatever_metric_it_is_in() -> None:
    one, other = traces.pair()
    steps = traces.run(other, "float64").steps
    steps["loss"][9] *= 1 + 1e-3
    steps["accuracy"][4] *= 1 + 1e-6
    steps["accuracy"][8] *= 1 + 1e-2
    found = check_of(one, other, STEPS_OF_G1)
    assert (found.step, found.largest) == (4, pytest.approx(1e-2, rel=0.02))
    assert found.detail.startswith("accuracy of step 4: ")


def test_a_counter_of_the_optimizer_is_exact() -> None:
    one, other = traces.pair()
    for run in traces.with_heirs(one, other, "float64"):
        run.optimizer["0"] = np.array(STEPS + 1)
    found = check_of(one, other, "optimizer state")
    assert (found.verdict, found.largest) == (DIFFER, np.inf)
    assert found.detail == f"iteration at (): {STEPS} and {STEPS + 1}"


# Scales.


@pytest.mark.parametrize(("factor", "verdict"), [(0.95, AGREE), (1.05, DIFFER)])
@pytest.mark.parametrize(
    ("index", "scale"),
    [
        ("1", 1.25),  # a small one: the median of the largest entries, 2 and ½
        ("2", 4e6),  # a large one that is not trained, and has no say in what is typical
    ],
)
def test_variables_are_measured_against_their_own_scale_or_the_typical_one(
    index: str, scale: float, factor: float, verdict: str
) -> None:
    one, other = traces.pair()
    for run in traces.with_heirs(one, other, "float64"):
        run.weights[index] = run.weights[index] + [factor * scale * FLOAT64_TOLERANCE, 0, 0]
    assert check_of(one, other, "final weights").verdict == verdict


def test_arrays_are_measured_by_the_first_lanes_scale_unless_one_is_given() -> None:
    one = {"0": np.array([1e-12]), "1": np.array([1.0]), "2": np.array([3.0])}
    other = one | {"0": np.array([2e-12])}
    found = compare_arrays("G1", "arrays", one, other, LANES, 1e-9)
    assert (found.verdict, found.largest) == (AGREE, pytest.approx(1e-12))
    found = compare_arrays("G1", "arrays", one, other, LANES, 1e-9, scale=0.0)
    assert (found.verdict, found.largest) == (DIFFER, pytest.approx(0.5))
    assert found.detail == "0 at (0,): 1e-12 and 2e-12"


# A tolerance that is no finer than rounding.


@pytest.mark.parametrize(
    ("alone", "expected"),
    [
        (0.0, 1e-9),
        (1e-10, 1e-9),  # never finer than the tolerance
        (2e-10, 2e-9),  # ten times what one ulp does
        (2e-9, 2e-8),
        (9e-8, 9e-7),
        (1.1e-7, 1e-6),  # a thousand times the tolerance at most
        (1.0, 1e-6),
    ],
)
def test_rounding_widens_a_tolerance_tenfold_and_a_thousandfold_at_most(
    alone: float, expected: float
) -> None:
    one = {"0": np.array([1.0, 0.5])}
    moved = {"0": np.array([1.0, 0.5 - alone])}
    assert tolerance_above_rounding(1e-9, one, moved) == pytest.approx(expected, rel=1e-6)
    assert tolerance_above_rounding(1e-9, one, moved, scale=10.0) == pytest.approx(
        max(1e-9, min(alone, 1e-6)), rel=1e-6
    )


def alter_end(pair: tuple[Trace, Trace], part: str, index: str, by: float) -> None:
    runs = traces.with_heirs(*pair, "float64")
    for run in runs[:1] if part == "predictions" else runs:
        getattr(run, part)[index] = changed(getattr(run, part)[index], 1, by)


def alter_heir(pair: tuple[Trace, Trace], part: str, index: str, by: float) -> None:
    run = traces.resumed(pair[1], "float64", ONE)
    getattr(run, part)[index] = changed(getattr(run, part)[index], 1, by)


@pytest.mark.parametrize(
    ("alone", "distance", "verdict"),
    [
        (0.0, 5e-9, DIFFER),
        (2e-9, 1.9e-8, AGREE),
        (2e-9, 2.1e-8, DIFFER),
        (1e-2, 0.95e-6, AGREE),
        (1e-2, 1.05e-6, DIFFER),
        (None, 5e-9, DIFFER),  # nobody has looked what rounding does
    ],
)
@pytest.mark.parametrize(
    ("what", "part", "index", "alter"),
    [
        ("final weights", "weights", "0", alter_end),
        ("optimizer state", "optimizer", "1", alter_end),
        ("predictions of the trained model", "predictions", "end/0", alter_end),
        ("final weights after the switch, float64", "weights", "0", alter_heir),
        ("optimizer state after the switch, float64", "optimizer", "1", alter_heir),
    ],
)
def test_the_end_of_a_run_may_be_as_far_off_as_rounding_takes_it(
    what: str,
    part: str,
    index: str,
    alter: Callable,
    alone: float | None,
    distance: float,
    verdict: str,
) -> None:
    one, other = traces.pair()
    if alone is None:
        traces.without_moved(one)
    else:
        moved = getattr(traces.moved(one, "float64"), part)
        moved[index] = changed(getattr(traces.run(one, "float64"), part)[index], 2, alone)
    alter((one, other), part, index, distance)
    assert check_of(one, other, what).verdict == verdict


@pytest.mark.parametrize(
    ("alone", "distance", "verdict"),
    [
        (0.9e-9, 0.9e-9, AGREE),
        (0.9e-9, 5e-9, DIFFER),  # rounding is less than what is allowed, and excuses nothing
        (1e-8, 9e-8, UNJUDGED),  # there is nothing but rounding
        (1e-8, 1.1e-7, DIFFER),  # there is more
    ],
)
def test_outputs_that_are_nothing_but_rounding_are_not_judged(
    alone: float, distance: float, verdict: str
) -> None:
    one, other = traces.pair()
    for run in (traces.moved(one, "float64"), one.moved_resumed("float64")):
        run.predictions["start/0"] = changed(run.predictions["start/0"], 2, alone)
    for run in (traces.run(other, "float64"), traces.resumed(other, "float64", ONE)):
        run.predictions["start/0"] = changed(run.predictions["start/0"], 1, distance)
    found = {(c.gate, c.what, c.lanes): c.verdict for c in compare(one, other)}
    assert found["G1", "forward pass of the initial weights", LANES] == verdict
    assert found["G3", "predictions of the saved model, float64", LANES] == verdict


# Runs that rounding alone parts.


def parted(losses: np.ndarray, at: int | None, start: int = 0) -> Run:
    """Return a run that leaves another's losses at a step, counted from the first run's start."""
    copy = losses[start:].copy()
    if at is not None:
        copy[at - start :] *= 1 + 1e-6
    return traces.losses_from(copy, start)


@pytest.mark.parametrize("start", [0, SWITCH])
@pytest.mark.parametrize(
    ("lanes_part", "alone", "excused"),
    [
        (10, 20, True),  # within twice the steps
        (10, 21, False),
        (10, 10, True),
        (10, 3, True),
        (10, None, False),  # rounding parts nothing
        (0, 0, True),
        (0, 1, False),
    ],
)
def test_lanes_that_part_prove_nothing_if_rounding_parts_one_within_twice_the_steps(
    lanes_part: int, alone: int | None, excused: bool, start: int
) -> None:
    one, _ = traces.pair()
    losses = traces.run(one, "float64").steps["loss"]
    traces.run(one, "float64").steps = {"loss": losses}
    moved = parted(losses, None if alone is None else start + alone, start)
    if start:
        traces.resumed(one, "float64", ONE).steps = {"loss": losses[start:]}
        traces.set_moved_resumed(one, moved)
    else:
        traces.set_moved(one, "float64", moved)
    check = Check("G1", "steps", LANES, DIFFER, 1.0, FLOAT64_TOLERANCE, start + lanes_part)
    reasons = growing_rounding(one, "float64", check, start)
    assert bool(reasons) == excused
    if excused:
        assert f"{ONE} parts from itself by step {start + alone} " in reasons[0]
        assert f"the {lanes_part} steps before" in reasons[0]


def test_what_loading_changes_is_not_excused_by_rounding() -> None:
    one, _ = traces.pair()
    losses = traces.run(one, "float64").steps["loss"]
    traces.run(one, "float64").steps = {"loss": losses}
    for run in (traces.resumed(one, "float64", ONE), one.moved_resumed("float64")):
        run.steps = {"loss": losses[SWITCH:] * 1.01}
    check = Check("G3", "steps", (ONE, ONE), DIFFER, 1.0, FLOAT64_TOLERANCE, SWITCH)
    assert growing_rounding(one, "float64", check, SWITCH) == []


def test_only_steps_that_part_are_excused_by_rounding() -> None:
    one, _ = traces.pair()
    losses = traces.run(one, "float64").steps["loss"]
    traces.run(one, "float64").steps = {"loss": losses}
    agreeing = Check("G1", "steps", LANES, AGREE, 0.0, FLOAT64_TOLERANCE)
    traces.set_moved(one, "float64", parted(losses, 0))
    assert growing_rounding(one, "float64", agreeing) == []
    traces.without_moved(one)
    differing = Check("G1", "steps", LANES, DIFFER, 1.0, FLOAT64_TOLERANCE, 10)
    assert growing_rounding(one, "float64", differing) == []


@pytest.mark.parametrize("start", [0, SWITCH])
@pytest.mark.parametrize(
    ("distance", "alone", "verdict"),
    [
        (2e-15, None, DIFFER),  # nobody has looked what rounding does
        (1.9e-15, 2e-16, AGREE),  # they part as it does, ten times as far
        (1.9e-14, 2e-16, AGREE),  # and two steps sooner
        (2.1e-14, 2e-16, UNJUDGED),  # sooner than that, but within twice the steps
        (5e-14, 2e-16, UNJUDGED),
        (2e-15, 1e-25, DIFFER),  # it does not
        (1e-11, 2e-16, DIFFER),  # they are further apart than by rounding from the start
    ],
)
def test_training_that_makes_rounding_grow_is_judged_by_how_far_it_grows(
    distance: float, alone: float | None, verdict: str, start: int
) -> None:
    """A decade every two steps: 2e-15 passes 1e-9 at step 12, 2e-16 at step 14.

    From the start, or from where the other lane's model is resumed.
    """
    one, other = traces.pair()
    traces.without_moved(one)
    ours = traces.run(one, "float64")

    def grown(by: float) -> Run:
        steps = {name: values[start:].copy() for name, values in ours.steps.items()}
        steps["loss"] *= 1 + by * np.minimum(10 ** (np.arange(len(steps["loss"])) / 2), 1e-3 / by)
        return replace(ours, start=start, steps=steps)

    if alone and start:
        traces.set_moved_resumed(one, grown(alone))
    elif alone:
        traces.set_moved(one, "float64", grown(alone))
    parting = traces.resumed(other, "float64", ONE) if start else traces.run(other, "float64")
    parting.steps = grown(distance).steps
    what = STEPS_OF_G3 if start else STEPS_OF_G1
    checks = compare(one, other)
    (check,) = (c for c in checks if (c.what, c.lanes) == (what, LANES))
    assert check.verdict == verdict
    assert (f"parts from itself by step {start + 14}" in check.detail) == (verdict == UNJUDGED)


def test_what_comes_of_steps_that_rounding_parted_is_judged_by_what_rounding_makes_of_it() -> None:
    one, other = traces.pair()
    losses = traces.run(one, "float64").steps
    for run in (traces.run(other, "float64"), traces.moved(one, "float64")):
        run.steps = {name: values.copy() for name, values in losses.items()}
        run.steps["loss"][20:] *= 1 + 1e-6
    main, *heirs = traces.with_heirs(one, other, "float64")
    main.epochs["val_loss"] = main.epochs["val_loss"] * (1 + 1e-6)
    main.predictions["end/0"] = changed(main.predictions["end/0"], 1, 1e-3)
    for run in heirs:
        run.steps["loss"] = run.steps["loss"] * (1 + 1e-6)
    for run in (main, *heirs):
        run.weights["0"] = changed(run.weights["0"], 1, 1e-3)
        run.optimizer["1"] = changed(run.optimizer["1"], 1, 1e-3)
    results = {
        "metrics of every epoch", "final weights", "optimizer state",
        "predictions of the trained model",
    }  # fmt: skip
    unjudged = {check.what for check in compare(one, other) if check.verdict == UNJUDGED}
    assert unjudged == results
    # Where one ulp goes nearly as far, they agree.
    moved = traces.moved(one, "float64")
    moved.epochs["val_loss"] = moved.epochs["val_loss"] * (1 + 1.1e-7)
    moved.predictions["end/0"] = changed(moved.predictions["end/0"], 1, 1.1e-4)
    moved.weights["0"] = changed(moved.weights["0"], 1, 1.1e-4)
    moved.optimizer["1"] = changed(moved.optimizer["1"], 1, 1.1e-4)
    found = {check.what: check for check in compare(one, other) if check.what in results}
    assert {check.verdict for check in found.values()} == {AGREE}
    assert found["final weights"].tolerance == pytest.approx(1.1e-3, rel=0.01)
