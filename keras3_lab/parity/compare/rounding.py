"""Runs in float64 that part: by more than rounding, or by what it grows to?

A lane is run once more from weights moved by one ulp. Where training is chaotic it parts from
itself, and two lanes may be as far apart.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from keras3_lab.parity.compare.checks import (
    AGREE,
    DIFFER,
    ROUNDING_FACTOR,
    Check,
    compare_arrays,
    compare_steps,
)
from keras3_lab.parity.compare.measure import step_differences
from keras3_lab.parity.trace import Arrays, Run, Trace

AHEAD = 2
"""Steps by which rounding may be ahead in two lanes."""


def within_rounding(
    parted: Check, ours: Run, theirs: Run, own: list[Run], moved: Run | None
) -> Check:
    """Let runs agree that are at no step further apart than rounding puts them.

    Args:
        parted: The comparison of their steps.
        ours: A run, from the first step on that was compared.
        theirs: Another.
        own: Runs of one lane from the same step on: what is wrong in one of them excuses nothing.
        moved: The same from weights moved by one ulp, where there is such a run.

    Returns:
        The check: as it was, unless the runs differ and all their figures are within ten times what
        one ulp does by two steps later.
    """
    if parted.verdict != DIFFER or parted.step is None or moved is None:
        return parted
    widest = 0.0
    for name, values in ours.steps.items():
        others = [run.steps.get(name) for run in (theirs, moved, *own)]
        if any(other is None or len(other) != len(values) for other in others):
            return parted
        differences = step_differences(values, theirs.steps[name])
        alone = np.min(
            [
                np.maximum.accumulate(step_differences(run.steps[name], moved.steps[name]))
                for run in own
            ],
            axis=0,
        )
        soon = np.minimum(np.arange(len(alone)) + AHEAD, len(alone) - 1)
        allowed = np.maximum(parted.tolerance or 0.0, ROUNDING_FACTOR * alone[soon])
        if (differences > allowed).any() or not np.isfinite(allowed).all():
            return parted
        widest = max(widest, float(allowed.max(initial=0.0)))
    detail = (
        f"rounding parts the lanes at step {parted.step}, at no step further than ten times what "
        "one ulp does to one of them"
    )
    return replace(parted, verdict=AGREE, tolerance=widest, step=None, detail=detail)


def above_rounding(check: Check, alone: Check) -> Check:
    """Let a difference pass that is at most ten times what one ulp makes of one lane.

    Args:
        check: A comparison of two lanes.
        alone: The same comparison of one lane with itself from weights moved by one ulp.
    """
    if check.verdict != DIFFER or check.largest is None or alone.largest is None:
        return check
    allowed = ROUNDING_FACTOR * alone.largest
    if not check.largest <= allowed < np.inf:
        return check
    return replace(check, verdict=AGREE, tolerance=allowed, detail="as far as rounding goes")


def nothing_but_rounding(check: Check, own: list[Arrays], moved: Arrays) -> list[str]:
    """Return the cause of outputs that differ, if one ulp of the weights changes them as much.

    The mean of a normalized row is 0 but for rounding: nothing can be said of such an output.

    Args:
        check: A comparison of the outputs of two lanes.
        own: Those of one lane, in its runs: what is wrong in one of them excuses nothing.
        moved: The same from weights moved by one ulp.
    """
    if check.verdict != DIFFER or check.largest is None or check.tolerance is None or not moved:
        return []
    alone = min(
        compare_arrays("", "", one, moved, check.lanes, check.tolerance).largest or 0.0
        for one in own
    )
    if not check.tolerance < alone < np.inf or check.largest > ROUNDING_FACTOR * alone:
        return []
    return [f"nothing but rounding is put out: one ulp of the weights changes it by {alone:.1g}"]


def growing_rounding(trace: Trace, dtype: str, parted: Check, start: int = 0) -> list[str]:
    """Return the cause of runs that part, if rounding alone parts a lane from itself as well.

    In float64 a lane and itself, its weights moved by one ulp, start 1e-16 apart; two lanes start
    some ten times that apart, and both differences grow at the model's own rate. So the lane has
    to part from itself within twice the steps. What is wrong in one lane by more than 1e-12 or so
    parts the lanes long before that.

    Args:
        trace: The trace of a lane, with a run from weights moved by one ulp where it was made.
        dtype: Which of its runs.
        parted: A comparison of steps.
        start: First step that was compared: 0, or where the saved model was resumed.

    Returns:
        One cause, or none.
    """
    own = trace.main(dtype)
    other = trace.moved_resumed(dtype) if start else next(iter(trace.moved(dtype)), None)
    if own is None or other is None or parted.step is None or parted.tolerance is None:
        return []
    sound = [(own, start)]
    # What saving and loading changed is in both of these, and is no rounding.
    if start and (resumed := trace.resumed(dtype, trace.lane)) is not None:
        sound.append((resumed, 0))
    alone = [
        compare_steps(parted.gate, parted.what, run, other, parted.lanes, parted.tolerance, first)
        for run, first in sound
    ]
    steps = [check.step for check in alone if check.step is not None]
    if len(steps) < len(alone) or max(steps) - start > 2 * (parted.step - start):
        return []
    when = " then" if start else ""
    return [
        f"rounding grows until it decides: {trace.lane} parts from itself by step {max(steps)} "
        f"when its weights are moved by one ulp{when}; the {parted.step - start:,} steps before "
        "agree"
    ]
