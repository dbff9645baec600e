"""Gate G2: are two lanes in float32 as close as rounding lets them be?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from keras3_lab.parity.compare.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    UNJUDGED,
    Check,
    compare_arrays,
    known_causes,
    unjudged_if_caused,
)
from keras3_lab.parity.compare.measure import step_differences
from keras3_lab.parity.compare.statistics import (
    CONFIDENCE,
    ENVELOPE_FACTOR,
    distance,
    envelope,
    equivalence,
    margin_of,
)
from keras3_lab.parity.trace import Run, Trace

FLOAT32_STEPS = 100
ENVELOPE = "mean loss of each 20th of the run, within the envelope"
OVER_SEEDS = "over seeds"
BY_LATER_STEPS = "within what rounding does by step 2t + 10 alone"


def compare_float32(one: Trace, other: Trace, lanes: tuple[str, str]) -> Iterator[Check]:
    """Compare first steps, the whole run within the envelope, and final metrics over seeds.

    Args:
        one: The trace of one lane.
        other: That of another.
        lanes: Their names.

    Yields:
        The checks; none where a lane has no run in float32.
    """
    ours, theirs = one.main("float32"), other.main("float32")
    if ours is None or theirs is None:
        return
    causes = known_causes(one, "float32")
    start = compare_arrays(
        "G2", "forward pass of the initial weights",
        ours.predicted("start"), theirs.predicted("start"), lanes, _forward_tolerance(one, other),
    )  # fmt: skip
    yield unjudged_if_caused(start, known_causes(one, "float32", trained=False))
    if not ours.steps or not theirs.steps:
        return
    own = one if one.moved("float32") else other
    runs = _losses_apart_by_rounding(own)
    first = _first_steps(ours.steps["loss"], theirs.steps["loss"], runs, lanes)
    yield unjudged_if_caused(first, causes)
    if len(runs) > 1:
        width = envelope(runs)
        allowed = max(FLOAT32_TOLERANCE, ENVELOPE_FACTOR * width)
        parted = distance(ours.steps["loss"], theirs.steps["loss"])
        detail = (
            f"{len(runs)} runs of {own.lane} that differ by rounding are up to {width:.2g} apart; "
            f"allowed {ENVELOPE_FACTOR:g} times that, at least {FLOAT32_TOLERANCE:g}"
        )
        # A loss that all of these runs lose, and the other lane does not, is not lost by rounding.
        by_rounding = len({bool(np.isfinite(run).all()) for run in runs}) > 1
        within = parted <= allowed and (bool(np.isfinite(parted)) or by_rounding)
        verdict = AGREE if within else DIFFER
        whole = Check("G2", ENVELOPE, lanes, verdict, parted, allowed, None, detail)
        yield unjudged_if_caused(whole, causes)
    yield from _seeds(one, other, ours, theirs, lanes)


def _forward_tolerance(one: Trace, other: Trace) -> float:
    """Return how far apart rounding may put the outputs of two lanes.

    It is measured twice: by weights that are moved by one ulp, and by float64. Of the lanes that
    have done so the one with less counts: what is wrong in one of them allows nothing.
    """
    by_ulp, by_dtype = [], []
    for trace in (one, other):
        main, moved = trace.main("float32"), trace.moved("float32")
        by_dtype.append(_start_difference(main, trace.main("float64")))
        if moved:
            by_ulp.append(max(_start_difference(main, run) for run in moved))
    rounding = max(min(by_ulp, default=0.0), min(by_dtype))
    return max(FLOAT32_TOLERANCE, ENVELOPE_FACTOR * rounding)


def _start_difference(one: Run | None, other: Run | None) -> float:
    if one is None or other is None:
        return 0.0
    ours, theirs = one.predicted("start"), other.predicted("start")
    if not theirs:
        return 0.0
    return compare_arrays("", "", ours, theirs, ("", ""), FLOAT32_TOLERANCE).largest or 0.0


def _losses_apart_by_rounding(trace: Trace) -> list[np.ndarray]:
    """Return the losses of a lane in float32, from weights moved by one ulp, and in float64.

    The run in float64 is the one without rounding: where it starts as the float32 one does, only
    rounding parts the two. Where it does not (a loss that float32 clips), it is another function.
    """
    main, exact = trace.main("float32"), trace.main("float64")
    runs = [run.steps["loss"] for run in (main, *trace.moved("float32")) if run is not None]
    if exact is not None and exact.steps:
        losses = exact.steps["loss"]
        if step_differences(runs[0][:1], losses[:1]).max(initial=0.0) <= FLOAT32_TOLERANCE:
            runs.append(losses)
    return runs


def _first_steps(
    ours: np.ndarray, theirs: np.ndarray, runs: list[np.ndarray], lanes: tuple[str, str]
) -> Check:
    """Compare the first losses: the lanes may be as far apart as `runs` were or soon will be.

    When rounding flips a relu is chance: what `runs` do by step 2t + 10 the lanes may do by step t.
    """
    parted = step_differences(ours[:FLOAT32_STEPS], theirs[:FLOAT32_STEPS])
    steps = np.arange(len(parted))
    allowed = by_now = np.full(len(parted), FLOAT32_TOLERANCE)
    for a, b in combinations(runs, 2):
        so_far = ENVELOPE_FACTOR * np.maximum.accumulate(step_differences(a, b))
        allowed = np.maximum(allowed, so_far[np.minimum(2 * steps + 10, len(so_far) - 1)])
        by_now = np.maximum(by_now, so_far[np.minimum(steps, len(so_far) - 1)])
    what = f"loss of the first {FLOAT32_STEPS} steps"
    largest, last = float(parted.max(initial=0.0)), float(allowed.max(initial=FLOAT32_TOLERANCE))
    passed = np.flatnonzero(parted > allowed)
    if not passed.size:
        later = int(np.count_nonzero(parted > by_now))
        detail = f"{len(parted)} steps" + f", {later} of them {BY_LATER_STEPS}" * bool(later)
        return Check("G2", what, lanes, AGREE, largest, last, None, detail)
    step = int(passed[0])
    detail = f"loss of step {step}: {ours[step]:.9g} and {theirs[step]:.9g}"
    return Check("G2", what, lanes, DIFFER, largest, float(allowed[step]), step, detail)


def _seeds(
    one: Trace, other: Trace, ours: Run, theirs: Run, lanes: tuple[str, str]
) -> Iterator[Check]:
    here_by_seed, there_by_seed = one.seeds("float32"), other.seeds("float32")
    seeds = [seed for seed in here_by_seed if seed in there_by_seed]
    if len(seeds) < 2:
        return
    # The main run is one more seed.
    first = [ours, *(here_by_seed[seed] for seed in seeds)]
    second = [theirs, *(there_by_seed[seed] for seed in seeds)]
    for name in first[0].epochs:
        measured = all(len(run.epochs.get(name, ())) for run in (*first, *second))
        if not name.startswith("val_") or not measured:
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
