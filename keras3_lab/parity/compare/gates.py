"""The four gates: do two traces agree?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keras3_lab.parity.compare.checks import (
    AGREE,
    DIFFER,
    FLOAT64_TOLERANCE,
    STATES,
    Check,
    compare_arrays,
    compare_state,
    compare_steps,
    growing_rounding,
    known_causes,
    tolerance_above_rounding,
    unjudged_if_caused,
)
from keras3_lab.parity.compare.float32 import compare_float32
from keras3_lab.parity.compare.measure import step_differences
from keras3_lab.parity.compare.resumed import compare_resumed
from keras3_lab.parity.trace import Run, Trace, pairs


def compare_all(traces: list[Trace]) -> list[Check]:
    """Compare the first lane with each other one."""
    return list(dict.fromkeys(check for pair in pairs(traces) for check in compare(*pair)))


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
        ours, theirs = one.main(dtype), other.main(dtype)
        if ours is not None and theirs is not None:
            checks += _inputs(one, other, dtype, lanes, (ours, theirs))
    for dtype, judge in (("float64", _trajectory), ("float32", compare_float32)):
        ours, theirs = one.main(dtype), other.main(dtype)
        if ours is not None and theirs is not None:
            checks += judge(one, other, ours, theirs, lanes, tolerance)
    return [*checks, *compare_resumed(one, other, tolerance)]


def _inputs(
    one: Trace, other: Trace, dtype: str, lanes: tuple[str, str], runs: tuple[Run, Run]
) -> Iterator[Check]:
    ours, theirs = one.header.digests.get(dtype, {}), other.header.digests.get(dtype, {})
    for kind in ("data", "weights", "order", "masks"):
        if not ours.get(kind) or not theirs.get(kind):
            continue  # a lane without training has no order; a model without dropout no masks
        names = list(dict.fromkeys([*ours[kind], *theirs[kind]]))
        if kind == "data":  # a lane without training does not hold the validation data
            names = [name for name in names if name in ours[kind] and name in theirs[kind]]
        differing = [n for n in names if ours[kind].get(n) != theirs[kind].get(n)]
        detail = f"{len(names)} digests are the same"
        if differing:
            detail = f"{differing[0]} differs, {len(differing)} of {len(names)}"
            if kind == "data":
                detail += _row(*runs, differing[0])
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
    one: Trace, other: Trace, ours: Run, theirs: Run, lanes: tuple[str, str], tolerance: float
) -> Iterator[Check]:
    causes = known_causes(one)
    moved = next(((ours, run) for run in one.moved("float64")), None)
    if ours.steps and theirs.steps:
        what = "loss and metrics of every step"
        steps = compare_steps("G1", what, ours, theirs, lanes, tolerance)
        causes += growing_rounding(one, "float64", steps)
        yield unjudged_if_caused(steps, causes)
        yield unjudged_if_caused(_epochs(ours, theirs, lanes, tolerance), causes)
        for part, what in STATES:
            state = compare_state("G1", what, part, one, ours, theirs, lanes, tolerance, moved)
            yield unjudged_if_caused(state, causes)
    ends = ours.predicted("end"), theirs.predicted("end")
    if all(ends):
        allowed = tolerance
        if moved is not None:
            before, after = (run.predicted("end") for run in moved)
            allowed = tolerance_above_rounding(tolerance, before, after)
        check = compare_arrays("G1", "predictions of the trained model", *ends, lanes, allowed)
        yield unjudged_if_caused(check, causes)
    yield compare_arrays(
        "G1", "forward pass of the initial weights",
        ours.predicted("start"), theirs.predicted("start"), lanes, tolerance,
    )  # fmt: skip


def _epochs(one: Run, other: Run, lanes: tuple[str, str], tolerance: float) -> Check:
    largest, first, detail = 0.0, None, ""
    for name, ours in one.epochs.items():
        theirs = other.epochs.get(name, np.zeros(0))
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
