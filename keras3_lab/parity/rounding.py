"""Gate G2: are two lanes in float32 as close as rounding lets them be? NumPy only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keras3_lab.parity.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    UNJUDGED,
    Check,
    compare_arrays,
    compare_steps,
    judged,
    predicted,
    unjudged_reasons,
)
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
    yield judged(
        compare_steps(
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
        parted = Check("G2", ENVELOPE, lanes, verdict, lanes_apart, allowed, None, detail)
        yield judged(parted, reasons)
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
        what = f"final {name} {OVER_SEEDS}"
        yield Check("G2", what, lanes, verdict, width, test.margin, None, detail)
