"""The four gates: do two traces agree? NumPy only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keras3_lab.parity.artifacts import artifacts
from keras3_lab.parity.checks import (
    AGREE,
    DIFFER,
    FLOAT64_TOLERANCE,
    Check,
    amplified,
    compare_arrays,
    compare_state,
    compare_steps,
    judged,
    moved,
    predicted,
    unjudged_reasons,
    widened,
)
from keras3_lab.parity.measure import step_differences
from keras3_lab.parity.rounding import rounding
from keras3_lab.parity.trace import Run, Trace


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
    checks = []
    for dtype in ("float64", "float32"):
        if dtype in one.runs and dtype in other.runs:
            checks += list(_inputs(one, other, dtype, lanes))
    if "float64" in one.runs and "float64" in other.runs:
        checks += list(_trajectory(one, other, lanes, tolerance))
    if "float32" in one.runs and "float32" in other.runs:
        checks += list(rounding(one, other, lanes))
    return checks + list(artifacts(one, other, tolerance))


def _inputs(one: Trace, other: Trace, dtype: str, lanes: tuple[str, str]) -> Iterator[Check]:
    ours, theirs = one.header["digests"].get(dtype, {}), other.header["digests"].get(dtype, {})
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
                detail += _row(one.runs[dtype], other.runs[dtype], differing[0])
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
    ours, theirs = one.runs["float64"], other.runs["float64"]
    reasons = unjudged_reasons(one)
    if ours.steps and theirs.steps:
        what = "loss and metrics of every step"
        steps = compare_steps("G1", what, ours, theirs, lanes, tolerance)
        reasons += amplified(one, "float64", steps)
        yield judged(steps, reasons)
        yield judged(_epochs(ours, theirs, lanes, tolerance), reasons)
        for part, what in (("weights", "final weights"), ("optimizer", "optimizer state")):
            state = compare_state(
                "G1", what, part, one, ours, theirs, lanes, tolerance, moved(one, "float64")
            )
            yield judged(state, reasons)
    if "end/0" in ours.predictions and "end/0" in theirs.predictions:
        ends, allowed = (predicted(ours, "end"), predicted(theirs, "end")), tolerance
        if runs := moved(one, "float64"):
            before, after = (predicted(run, "end") for run in runs)
            allowed = widened(tolerance, before, after)
        check = compare_arrays("G1", "predictions of the trained model", *ends, lanes, allowed)
        yield judged(check, reasons)
    yield compare_arrays(
        "G1", "forward pass of the initial weights",
        predicted(ours, "start"), predicted(theirs, "start"), lanes, tolerance,
    )  # fmt: skip


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
