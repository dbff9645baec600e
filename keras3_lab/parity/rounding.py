"""Gate G2: are two lanes in float32 as close as rounding lets them be? NumPy only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from keras3_lab.parity.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    UNJUDGED,
    Check,
    compare_arrays,
    judged,
    predicted,
    unjudged_reasons,
)
from keras3_lab.parity.measure import step_differences
from keras3_lab.parity.statistics import (
    CONFIDENCE,
    ENVELOPE_FACTOR,
    distance,
    envelope,
    equivalence,
    margin_of,
)
from keras3_lab.parity.trace import Trace

FLOAT32_STEPS = 100
ENVELOPE = "mean loss of each 20th of the run, within the envelope"
OVER_SEEDS = "over seeds"


def rounding(one: Trace, other: Trace, lanes: tuple[str, str]) -> Iterator[Check]:
    """Compare first steps, the whole run within the envelope, and final metrics over seeds."""
    ours, theirs = one.runs["float32"], other.runs["float32"]
    reasons = unjudged_reasons(one)
    yield compare_arrays(
        "G2", "forward pass of the initial weights",
        predicted(ours, "start"), predicted(theirs, "start"), lanes,
        FLOAT32_TOLERANCE,
    )  # fmt: skip
    if not ours.steps or not theirs.steps:
        return
    own = one if one.children("float32/ulp") else other
    runs = _runs_apart_by_rounding(own)
    first = _first_steps(ours.steps["loss"], theirs.steps["loss"], runs, lanes)
    yield judged(first, reasons)
    if len(runs) > 1:
        width = envelope(runs)
        allowed = max(FLOAT32_TOLERANCE, ENVELOPE_FACTOR * width)
        lanes_apart = distance(ours.steps["loss"], theirs.steps["loss"])
        detail = (
            f"{len(runs)} runs of {own.lane} that differ by rounding are up to {width:.2g} apart; "
            f"allowed {ENVELOPE_FACTOR:g} times that, at least {FLOAT32_TOLERANCE:g}"
        )
        verdict = AGREE if lanes_apart <= allowed else DIFFER
        parted = Check("G2", ENVELOPE, lanes, verdict, lanes_apart, allowed, None, detail)
        yield judged(parted, reasons)
    yield from _seeds(one, other, lanes)


def _runs_apart_by_rounding(trace: Trace) -> list[np.ndarray]:
    """The losses of a lane in float32, from weights moved by one ulp, and in float64.

    The run in float64 is the one without rounding: where it starts as the float32 one does, only
    rounding parts the two. Where it does not (a loss that float32 clips), it is another function.
    """
    main = trace.runs["float32"].steps["loss"]
    runs = [main, *(run.steps["loss"] for run in trace.children("float32/ulp").values())]
    if "float64" in trace.runs:
        exact = trace.runs["float64"].steps["loss"]
        if step_differences(main[:1], exact[:1]).max(initial=0.0) <= FLOAT32_TOLERANCE:
            runs.append(exact)
    return runs


def _first_steps(
    ours: np.ndarray, theirs: np.ndarray, runs: list[np.ndarray], lanes: tuple[str, str]
) -> Check:
    """Compare the first losses: the lanes may be as far apart as `runs` were or soon will be.

    When rounding flips a relu is chance: what `runs` do by step 2t + 10 the lanes may do by step t.
    """
    apart = step_differences(ours[:FLOAT32_STEPS], theirs[:FLOAT32_STEPS])
    allowed = np.full(len(apart), FLOAT32_TOLERANCE)
    for a, b in combinations(runs, 2):
        so_far = ENVELOPE_FACTOR * np.maximum.accumulate(step_differences(a, b))
        soon = np.minimum(2 * np.arange(len(apart)) + 10, len(so_far) - 1)
        allowed = np.maximum(allowed, so_far[soon])
    what = f"loss of the first {FLOAT32_STEPS} steps"
    largest, last = float(apart.max(initial=0.0)), float(allowed.max(initial=FLOAT32_TOLERANCE))
    passed = np.flatnonzero(apart > allowed)
    if not passed.size:
        return Check("G2", what, lanes, AGREE, largest, last, None, f"{len(apart)} steps")
    step = int(passed[0])
    detail = f"loss of step {step}: {ours[step]:.9g} and {theirs[step]:.9g}"
    return Check("G2", what, lanes, DIFFER, largest, float(allowed[step]), step, detail)


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
        what = f"final {name} {OVER_SEEDS}"
        yield Check("G2", what, lanes, verdict, width, test.margin, None, detail)
