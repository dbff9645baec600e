"""The four gates: do two traces agree? NumPy only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from keras3_lab.parity.measure import apart, step_differences, typical_scale
from keras3_lab.parity.statistics import (
    CONFIDENCE,
    ENVELOPE_FACTOR,
    distance,
    envelope,
    equivalence,
    margin_of,
)
from keras3_lab.parity.trace import Arrays, Run, Trace

FLOAT64_TOLERANCE = 1e-9
FLOAT32_TOLERANCE = 1e-5
FLOAT32_STEPS = 100

AGREE, DIFFER, UNJUDGED = "agree", "differ", "not judged"
GATES = ("G0", "G1", "G2", "G3")


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
        """Return it as JSON has it."""
        return asdict(self)


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
        checks += list(_rounding(one, other, lanes))
    return checks + list(artifacts(one, other, tolerance))


def _inputs(one: Trace, other: Trace, dtype: str, lanes: tuple[str, str]) -> Iterator[Check]:
    ours, theirs = one.header["digests"].get(dtype, {}), other.header["digests"].get(dtype, {})
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
        yield _judge(
            _steps("G1", "loss and metrics of every step", ours, theirs, lanes, tolerance), reasons
        )
        yield _judge(_epochs(ours, theirs, lanes, tolerance), reasons)
        for part, what in (("weights", "final weights"), ("optimizer", "optimizer state")):
            check = _variables(
                "G1", what, getattr(ours, part), getattr(theirs, part), lanes, tolerance
            )
            yield _judge(_named(check, one, part), reasons)
    if "end/0" in ours.predictions and "end/0" in theirs.predictions:
        end = (_only(ours.predictions, "end"), _only(theirs.predictions, "end"))
        check = _variables("G1", "predictions of the trained model", *end, lanes, tolerance)
        yield _judge(check, reasons)
    yield _variables(
        "G1", "forward pass of the initial weights",
        _only(ours.predictions, "start"), _only(theirs.predictions, "start"), lanes, tolerance,
    )  # fmt: skip


def unjudged_reasons(trace: Trace) -> list[str]:
    """Return why a difference between lanes would prove nothing."""
    return [
        f"{finding['where']}: {finding['message']}" if finding["where"] else finding["message"]
        for finding in trace.header.get("findings", [])
        if finding["unjudged"]
    ]


def _judge(check: Check, reasons: list[str]) -> Check:
    """Turn a difference that has a known cause in the model into "not judged"."""
    if check.verdict != DIFFER or not reasons:
        return check
    return Check(**{**asdict(check), "verdict": UNJUDGED, "detail": reasons[0]})


def _steps(
    gate: str, what: str, one: Run, other: Run, lanes: tuple[str, str], tolerance: float,
    first: int = 0, most: int | None = None, only: tuple[str, ...] = (),
) -> Check:  # fmt: skip
    largest, earliest, detail = 0.0, None, ""
    for name in one.steps:
        if only and name not in only:
            continue
        if name not in other.steps:
            return Check(gate, what, lanes, DIFFER, np.inf, tolerance, detail=f"no {name}")
        ours, theirs = one.steps[name][first:][:most], other.steps[name][:most]
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
    count = count if most is None else min(count, most)
    verdict = AGREE if earliest is None else DIFFER
    detail = detail or f"{count:,} steps"
    return Check(gate, what, lanes, verdict, largest, tolerance, earliest, detail)


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


def _variables(
    gate: str, what: str, one: Arrays, other: Arrays, lanes: tuple[str, str], tolerance: float
) -> Check:
    if one.keys() != other.keys():
        detail = f"{len(one)} arrays and {len(other)}"
        return Check(gate, what, lanes, DIFFER, np.inf, tolerance, None, detail)
    largest, detail = 0.0, ""
    scale = typical_scale(one)
    for index, array in one.items():
        found = apart(array, other[index], scale)
        if found.relative > largest:
            largest = found.relative
            detail = f"{{{index}}} at {found.at}: {found.values[0]:.9g} and {found.values[1]:.9g}"
    if largest <= tolerance:
        return Check(gate, what, lanes, AGREE, largest, tolerance, None, f"{len(one)} arrays")
    return Check(gate, what, lanes, DIFFER, largest, tolerance, None, detail)


def _named(check: Check, trace: Trace, part: str) -> Check:
    """Put a variable's name in the place of its position."""
    head, brace, rest = check.detail.partition("}")
    if not brace:
        return check
    name = trace.name_of(part, head.removeprefix("{"))
    return Check(**{**asdict(check), "detail": name + rest})


def _only(arrays: Arrays, prefix: str) -> Arrays:
    return {name: array for name, array in arrays.items() if name.startswith(prefix)}


def _rounding(one: Trace, other: Trace, lanes: tuple[str, str]) -> Iterator[Check]:
    ours, theirs = one.runs["float32"], other.runs["float32"]
    reasons = unjudged_reasons(one)
    yield _variables(
        "G2", "forward pass of the initial weights",
        _only(ours.predictions, "start"), _only(theirs.predictions, "start"), lanes,
        FLOAT32_TOLERANCE,
    )  # fmt: skip
    if not ours.steps or not theirs.steps:
        return
    yield _judge(
        _steps(
            "G2", f"loss of the first {FLOAT32_STEPS} steps", ours, theirs, lanes,
            FLOAT32_TOLERANCE, most=FLOAT32_STEPS, only=("loss",),
        ),
        reasons,
    )  # fmt: skip
    perturbed = one.children("float32/ulp") or other.children("float32/ulp")
    if perturbed:
        own = ours if one.children("float32/ulp") else theirs
        width = envelope([own.steps["loss"], *(run.steps["loss"] for run in perturbed.values())])
        allowed = max(FLOAT32_TOLERANCE, ENVELOPE_FACTOR * width)
        lanes_apart = distance(ours.steps["loss"], theirs.steps["loss"])
        detail = (
            f"{len(perturbed)} runs from weights moved by one ulp are up to {width:.2g} apart; "
            f"allowed {ENVELOPE_FACTOR:g} times that, at least {FLOAT32_TOLERANCE:g}"
        )
        verdict = AGREE if lanes_apart <= allowed else DIFFER
        what = "mean loss of each 20th of the run, within the envelope"
        yield _judge(Check("G2", what, lanes, verdict, lanes_apart, allowed, None, detail), reasons)
    yield from _seeds(one, other, lanes)


def _seeds(one: Trace, other: Trace, lanes: tuple[str, str]) -> Iterator[Check]:
    ours, theirs = one.children("float32/seed"), other.children("float32/seed")
    seeds = [seed for seed in ours if seed in theirs]
    if len(seeds) < 2:
        return
    # The main run is one more seed.
    first = [one.runs["float32"], *(ours[seed] for seed in seeds)]
    second = [other.runs["float32"], *(theirs[seed] for seed in seeds)]
    for name in first[0].epochs:
        if not name.startswith("val_"):
            continue
        here, there = (np.array([run.epochs[name][-1] for run in runs]) for runs in (first, second))
        test = equivalence(here, there, margin_of(name, here))
        verdict = AGREE if test.shown else DIFFER if test.refuted else UNJUDGED
        detail = (
            f"{test.seeds} seeds, mean difference {test.mean:+.2g}, {2 * CONFIDENCE - 1:.0%} "
            f"interval {test.low:+.2g} to {test.high:+.2g}, margin ±{test.margin:.2g}"
        )
        if verdict == UNJUDGED:
            detail += "; too noisy for so few seeds: try more with --seeds"
        width = max(abs(test.low), abs(test.high))
        yield Check(
            "G2", f"final {name} over seeds", lanes, verdict, width, test.margin, None, detail
        )


def artifacts(one: Trace, other: Trace, tolerance: float = FLOAT64_TOLERANCE) -> Iterator[Check]:
    """Check what either lane made of a model that the other, or it itself, had saved."""
    pairs = [(a, b) for a in (one, other) for b in (one, other)]
    for source, target in pairs:
        for dtype, allowed in (("float64", tolerance), ("float32", FLOAT32_TOLERANCE)):
            run = target.runs.get(f"{dtype}/from/{source.lane}")
            if run is not None:
                yield from _resumed(source, run, (source.lane, target.lane), dtype, allowed)
        for failed, reason in target.header.get("failed", {}).items():
            if failed == source.lane:
                lanes = (source.lane, target.lane)
                yield Check("G3", "load the other lane's model", lanes, UNJUDGED, detail=reason)
    for trace in (one, other):
        if "unsaved" in trace.header:
            lanes = (trace.lane, trace.lane)
            yield Check("G3", "save", lanes, UNJUDGED, detail=trace.header["unsaved"])


def _resumed(
    source: Trace, run: Run, lanes: tuple[str, str], dtype: str, tolerance: float
) -> Iterator[Check]:
    whole = source.runs[dtype]
    yield _variables(
        "G3", f"predictions of the saved model, {dtype}",
        _only(whole.predictions, "saved"), _renamed(run.predictions), lanes, tolerance,
    )  # fmt: skip
    if not run.steps:
        return
    steps = _steps(
        "G3", f"steps after the switch, {dtype}", whole, run, lanes, tolerance, first=run.start
    )
    reasons = unjudged_reasons(source)
    yield _judge(steps, reasons)
    if steps.verdict == AGREE:
        for part, what in (("weights", "final weights"), ("optimizer", "optimizer state")):
            check = _variables(
                "G3", f"{what} after the switch, {dtype}",
                getattr(whole, part), getattr(run, part), lanes, tolerance,
            )  # fmt: skip
            yield _judge(_named(check, source, part), reasons)


def _renamed(predictions: Arrays) -> Arrays:
    return {f"saved/{n.partition('/')[2]}": a for n, a in _only(predictions, "start").items()}
