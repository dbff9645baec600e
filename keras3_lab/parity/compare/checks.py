"""One comparison of two lanes, of each kind that the gates are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from keras3_lab.parity.compare.measure import (
    largest_difference,
    step_differences,
    typical_scale,
)
from keras3_lab.parity.trace import Arrays, Run, State, Trace

FLOAT64_TOLERANCE = 1e-9
FLOAT32_TOLERANCE = 1e-5

ROUNDING_FACTOR = 10.0
"""How much further apart lanes may be in float64 than one is from itself by one ulp.

They round at every step anew, and one of them may round several times as much as the other.
"""

AGREE, DIFFER, UNJUDGED = "agree", "differ", "not judged"
TRAINING, FINITE = "training", "finite loss"
"""What is compared where a lane could not train, or trained until its loss was lost."""
STATES: tuple[tuple[State, str], ...] = (
    ("weights", "final weights"),
    ("optimizer", "optimizer state"),
)
"""The parts of the state that are compared, and what they are called."""


@dataclass(frozen=True)
class Check:
    """One comparison of two lanes.

    Args:
        gate: `"G0"` to `"G3"`.
        what: What was compared.
        lanes: The two lanes; for artifacts, from which to which.
        verdict: `"agree"`, `"differ"` or `"not judged"`.
        largest: The largest relative difference, where there is one.
        tolerance: What it may be at most.
        step: The first step at which the tolerance is passed.
        detail: What differs, or why it was not judged, in a sentence.
    """

    gate: str
    what: str
    lanes: tuple[str, str]
    verdict: str
    largest: float | None = None
    tolerance: float | None = None
    step: int | None = None
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the check as JSON has it."""
        return asdict(self)


def compare_steps(
    gate: str, what: str, one: Run, other: Run, lanes: tuple[str, str], tolerance: float,
    first: int = 0,
) -> Check:  # fmt: skip
    """Compare what two runs told at every step, from a step of the first run on."""
    largest, earliest, detail = 0.0, None, ""
    if alone := sorted(one.steps.keys() ^ other.steps.keys()):
        detail = f"{alone[0]} in one of the lanes alone"
        return Check(gate, what, lanes, DIFFER, np.inf, tolerance, detail=detail)
    for name in one.steps:
        ours, theirs = one.steps[name][first:], other.steps[name]
        differences = step_differences(ours, theirs)
        largest = max(largest, float(differences.max(initial=0.0)))
        passed = np.flatnonzero(differences > tolerance)
        if passed.size and (earliest is None or passed[0] + other.start < earliest):
            step = int(passed[0])
            earliest = step + other.start
            detail = f"{name} of step {earliest}: {ours[step]:.9g} and {theirs[step]:.9g}"
        if len(ours) != len(theirs) and earliest is None:
            largest, earliest = np.inf, min(len(ours), len(theirs)) + other.start
            detail = f"{len(ours)} steps and {len(theirs)}"
    count = min((len(v) for v in other.steps.values()), default=0)
    verdict = AGREE if earliest is None else DIFFER
    detail = detail or f"{count:,} steps"
    return Check(gate, what, lanes, verdict, largest, tolerance, earliest, detail)


def compare_arrays(
    gate: str, what: str, one: Arrays, other: Arrays, lanes: tuple[str, str], tolerance: float,
    scale: float | None = None, names: dict[str, str] | None = None,
) -> Check:  # fmt: skip
    """Compare arrays by name.

    Args:
        gate: Which gate asks.
        what: What is compared, in words.
        one: Arrays of a lane.
        other: Those of another.
        lanes: The two lanes.
        tolerance: Largest relative difference.
        scale: That of small arrays. Defaults to the typical one.
        names: What a person knows the arrays by. Defaults to their own names.

    Returns:
        The check; its detail names the array that differs most.
    """
    if one.keys() != other.keys():
        detail = f"{len(one)} arrays and {len(other)}"
        return Check(gate, what, lanes, DIFFER, np.inf, tolerance, None, detail)
    largest, detail = 0.0, ""
    scale = typical_scale(one) if scale is None else scale
    for index, array in one.items():
        found = largest_difference(array, other[index], scale)
        if found.relative > largest:
            largest = found.relative
            name = names[index] if names else index
            detail = f"{name} at {found.at}: {found.values[0]:.9g} and {found.values[1]:.9g}"
    if largest <= tolerance:
        return Check(gate, what, lanes, AGREE, largest, tolerance, None, f"{len(one)} arrays")
    return Check(gate, what, lanes, DIFFER, largest, tolerance, None, detail)


def known_causes(trace: Trace, dtype: str, *, trained: bool = True) -> list[str]:
    """Return what in the model makes lanes differ, so that a difference proves nothing.

    Args:
        trace: The trace of a lane.
        dtype: In which precision they differ.
        trained: Whether in training. A forward pass draws nothing, so that only what is rounded
            in this precision counts there.
    """
    return [
        str(finding)
        for finding in trace.header.findings
        if finding.unjudged and finding.dtype in ({"", dtype} if trained else {dtype})
    ]


def unjudged_if_caused(check: Check, causes: list[str]) -> Check:
    """Turn a difference that has a known cause into "not judged"."""
    if check.verdict != DIFFER or not causes:
        return check
    return replace(check, verdict=UNJUDGED, detail=causes[0])


def tolerance_above_rounding(
    tolerance: float, one: Arrays, moved: Arrays, scale: float | None = None
) -> float:
    """Return a tolerance that is no finer than rounding.

    The gradient of a bias before a BatchNormalization is 0 but for rounding, and Adam divides it
    by next to nothing: such a bias, and what is predicted with it, goes where rounding takes it.

    Args:
        tolerance: Largest relative difference, as far as rounding allows.
        one: What one lane ended with.
        moved: The same from weights moved by one ulp.
        scale: That of small arrays, as in `compare_arrays`.

    Returns:
        Ten times what one ulp does, at most a thousand times the tolerance, and at least it.
    """
    alone = compare_arrays("", "", one, moved, ("", ""), tolerance, scale).largest or 0.0
    return max(tolerance, min(ROUNDING_FACTOR * alone, 1e3 * tolerance))


def compare_state(
    gate: str, what: str, part: State, trace: Trace, one: Run, other: Run, lanes: tuple[str, str],
    tolerance: float, moved: tuple[Run, Run] | None = None,
) -> Check:  # fmt: skip
    """Compare the `"weights"` or the state of the `"optimizer"` at the end of two runs.

    Args:
        gate: `"G1"` or `"G3"`.
        what: What is compared, in words.
        part: Which of the two.
        trace: The trace that the first run is of, for names.
        one: A run.
        other: Another.
        lanes: Their lanes.
        tolerance: Largest relative difference.
        moved: A run of one lane and the same from weights moved by one ulp, where there are such.
    """
    ours, theirs = one.state(part), other.state(part)
    scale = typical_scale({name: ours[name] for name in trace.scaled_by(part, ours)})
    if moved is not None:
        before, after = (run.state(part) for run in moved)
        tolerance = tolerance_above_rounding(tolerance, before, after, scale)
    names = {position: trace.name_of(part, position) for position in ours}
    return compare_arrays(gate, what, ours, theirs, lanes, tolerance, scale, names)
