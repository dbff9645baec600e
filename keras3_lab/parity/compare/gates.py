"""The four gates: do two traces agree?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keras3_lab.parity.compare.checks import (
    AGREE,
    DIFFER,
    FINITE,
    FLOAT64_TOLERANCE,
    STATES,
    TRAINING,
    UNJUDGED,
    Check,
    compare_arrays,
    compare_state,
    compare_steps,
    known_causes,
    tolerance_above_rounding,
    unjudged_if_caused,
)
from keras3_lab.parity.compare.float32 import compare_float32
from keras3_lab.parity.compare.measure import step_differences
from keras3_lab.parity.compare.resumed import compare_resumed
from keras3_lab.parity.compare.rounding import (
    above_rounding,
    growing_rounding,
    nothing_but_rounding,
    within_rounding,
)
from keras3_lab.parity.plan import GATES
from keras3_lab.parity.trace import Run, Trace, pairs


def compare_all(traces: list[Trace]) -> list[Check]:
    """Compare the first lane with each other one, at the gates that were asked for.

    Why a dtype could not be trained is told in any case.
    """
    plan = traces[0].header.plan
    gates = plan.gates if plan else GATES
    return [
        check
        for check in dict.fromkeys(check for pair in pairs(traces) for check in compare(*pair))
        if check.gate in gates or check.what.startswith((TRAINING, FINITE))
    ]


def compare(one: Trace, other: Trace, tolerance: float = FLOAT64_TOLERANCE) -> list[Check]:
    """Compare two lanes at every gate for which they hold runs.

    Args:
        one: The trace of one lane; its perturbed runs are the yardstick of G2.
        other: That of another.
        tolerance: Largest relative difference in float64.

    Returns:
        The checks, gate by gate.
    """
    lanes = (one.lane, other.lane)
    checks: list[Check] = []
    for dtype in ("float64", "float32"):
        checks += _inputs(one, other, dtype, lanes)
    checks += _failures(one, other, lanes)
    if (lost := _not_finite(one, other, lanes, tolerance)) is not None:
        return [*checks, lost]
    return [
        *checks,
        *_trajectory(one, other, lanes, tolerance),
        *compare_float32(one, other, lanes),
        *compare_resumed(one, other, tolerance),
    ]


def _failures(one: Trace, other: Trace, lanes: tuple[str, str]) -> Iterator[Check]:
    """Say which dtypes could not be trained in, and why."""
    for dtype, gate in (("float64", "G1"), ("float32", "G2")):
        said = {
            trace.lane: trace.header.failures[dtype].message
            for trace in (one, other)
            if dtype in trace.header.failures
        }
        if said:
            detail = "; ".join(f"{lane}: {message}" for lane, message in said.items())
            yield Check(gate, f"{TRAINING} in {dtype}", lanes, UNJUDGED, detail=detail)


def _not_finite(one: Trace, other: Trace, lanes: tuple[str, str], tolerance: float) -> Check | None:
    """Say that both lanes lost their loss in the same step, where they do and agreed before."""
    for dtype, gate in (("float64", "G1"), ("float32", "G2")):
        ours, theirs = one.main(dtype), other.main(dtype)
        if ours is None or theirs is None or not ours.steps or not theirs.steps:
            continue
        losses = ours.steps["loss"], theirs.steps["loss"]
        first, second = (np.flatnonzero(~np.isfinite(loss))[:1] for loss in losses)
        if not first.size or first.tolist() != second.tolist():
            return None
        step = int(first[0])
        before = step_differences(losses[0][:step], losses[1][:step])
        if dtype == "float64" and before.max(initial=0.0) > tolerance:
            return None
        detail = (
            f"the loss is {losses[0][step]} in both lanes from step {step}: mend the data, the "
            "learning rate or the loss; there is nothing to compare after that"
        )
        return Check(gate, FINITE, lanes, UNJUDGED, step=step, detail=detail)
    return None


def _inputs(one: Trace, other: Trace, dtype: str, lanes: tuple[str, str]) -> Iterator[Check]:
    runs = one.main(dtype), other.main(dtype)
    if runs[0] is None or runs[1] is None:
        return
    ours, theirs = one.header.digests.get(dtype, {}), other.header.digests.get(dtype, {})
    both_train = "order" in ours and "order" in theirs
    for kind in ("data", "weights", "order", "masks"):
        first, second = ours.get(kind, {}), theirs.get(kind, {})
        names = list(dict.fromkeys([*first, *second]))
        if not both_train and kind != "weights":  # one holds neither validation data nor masks
            names = [name for name in names if name in first and name in second]
        if not names:
            continue  # a lane without training has no order; a model without dropout no masks
        differing = [n for n in names if first.get(n) != second.get(n)]
        detail = f"{len(names)} digests are the same"
        if differing:
            detail = f"{differing[0]} differs, {len(differing)} of {len(names)}"
            if kind == "data":
                detail += _row(runs[0], runs[1], differing[0])
        verdict = DIFFER if differing else AGREE
        yield Check("G0", f"{kind}, {dtype}", lanes, verdict, detail=detail)


def _row(one: Run, other: Run, name: str) -> str:
    ours, theirs = one.rows.get(name), other.rows.get(name)
    if ours is None or theirs is None or len(ours) != len(theirs):
        return ""
    differing = np.flatnonzero(ours != theirs)
    if not differing.size:
        return ""
    return f"; row {differing[0]} is the first of {differing.size} such rows of {len(ours)}"


def _trajectory(
    one: Trace, other: Trace, lanes: tuple[str, str], tolerance: float
) -> Iterator[Check]:
    ours, theirs = one.main("float64"), other.main("float64")
    if ours is None or theirs is None:
        return
    causes, rounded = (known_causes(one, "float64", trained=trained) for trained in (True, False))
    moved = next(((ours, run) for run in one.moved("float64")), None)
    run = moved[1] if moved else None
    alone = None
    if ours.steps and theirs.steps:
        what = "loss and metrics of every step"
        steps = compare_steps("G1", what, ours, theirs, lanes, tolerance)
        causes += growing_rounding(one, "float64", steps)
        excused = within_rounding(steps, ours, theirs, [ours], run)
        # Where rounding decides, it does so in all that comes of the steps.
        alone = run if excused is not steps else None
        yield unjudged_if_caused(excused, causes)
        epochs = _epochs(ours, theirs, lanes, tolerance)
        if alone is not None:
            epochs = above_rounding(epochs, _epochs(ours, alone, lanes, tolerance))
        yield unjudged_if_caused(epochs, causes)
        for part, what in STATES:
            state = compare_state("G1", what, part, one, ours, theirs, lanes, tolerance, moved)
            if alone is not None:
                by_ulp = compare_state("G1", what, part, one, ours, alone, lanes, tolerance)
                state = above_rounding(state, by_ulp)
            yield unjudged_if_caused(state, causes)
    ends = ours.predicted("end"), theirs.predicted("end")
    if all(ends):
        allowed = tolerance
        if moved is not None:
            before, after = (run.predicted("end") for run in moved)
            allowed = tolerance_above_rounding(tolerance, before, after)
        check = compare_arrays("G1", "predictions of the trained model", *ends, lanes, allowed)
        if alone is not None:
            end = alone.predicted("end")
            by_ulp = compare_arrays("G1", check.what, ends[0], end, lanes, allowed)
            check = above_rounding(check, by_ulp)
        yield unjudged_if_caused(check, causes)
    start = compare_arrays(
        "G1", "forward pass of the initial weights",
        ours.predicted("start"), theirs.predicted("start"), lanes, tolerance,
    )  # fmt: skip
    if run is not None:
        rounded += nothing_but_rounding(start, [ours.predicted("start")], run.predicted("start"))
    yield unjudged_if_caused(start, rounded)


def _epochs(one: Run, other: Run, lanes: tuple[str, str], tolerance: float) -> Check:
    largest, first, detail = 0.0, None, ""
    for name in dict.fromkeys([*one.epochs, *other.epochs]):
        ours, theirs = (run.epochs.get(name, np.zeros(0)) for run in (one, other))
        differences = step_differences(ours, theirs)
        worst = np.inf if len(ours) != len(theirs) else float(differences.max(initial=0.0))
        largest = max(largest, worst)
        passed = np.flatnonzero(differences > tolerance)
        if worst > tolerance and passed.size and (first is None or passed[0] < first):
            first = int(passed[0])
            detail = f"{name} of epoch {first + 1}: {ours[first]:.9g} and {theirs[first]:.9g}"
    verdict = AGREE if largest <= tolerance else DIFFER
    detail = detail or f"{max(map(len, one.epochs.values()), default=0)} epochs"
    return Check("G1", "metrics of every epoch", lanes, verdict, largest, tolerance, None, detail)
