"""Gate G3: does a model saved on one lane go on as the same on another? NumPy only."""

from __future__ import annotations

from collections.abc import Iterator

from keras3_lab.parity.checks import (
    AGREE,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    UNJUDGED,
    Check,
    amplified,
    compare_arrays,
    compare_state,
    compare_steps,
    judged,
    moved,
    predicted,
    unjudged_reasons,
)
from keras3_lab.parity.trace import Arrays, Run, Trace


def artifacts(one: Trace, other: Trace, tolerance: float = FLOAT64_TOLERANCE) -> Iterator[Check]:
    """Check what either lane made of a model that the other, or it itself, had saved."""
    pairs = [(a, b) for a in (one, other) for b in (one, other)]
    for source, target in pairs:
        for dtype, allowed in (("float64", tolerance), ("float32", FLOAT32_TOLERANCE)):
            run = target.runs.get(f"{dtype}/from/{source.lane}")
            if run is not None:
                lanes = (source.lane, target.lane)
                yield from _resumed(source, run, lanes, dtype, allowed, one)
        for failed, reason in target.header.get("failed", {}).items():
            if failed == source.lane:
                lanes = (source.lane, target.lane)
                yield Check("G3", "load the other lane's model", lanes, UNJUDGED, detail=reason)
    for trace in (one, other):
        if "unsaved" in trace.header:
            lanes = (trace.lane, trace.lane)
            yield Check("G3", "save", lanes, UNJUDGED, detail=trace.header["unsaved"])


def _resumed(
    source: Trace, run: Run, lanes: tuple[str, str], dtype: str, tolerance: float, own: Trace
) -> Iterator[Check]:
    whole = source.runs[dtype]
    yield compare_arrays(
        "G3", f"predictions of the saved model, {dtype}",
        predicted(whole, "saved"), _renamed(run), lanes, tolerance,
    )  # fmt: skip
    if not run.steps:
        return
    steps = compare_steps(
        "G3", f"steps after the switch, {dtype}", whole, run, lanes, tolerance, first=run.start
    )
    reasons = unjudged_reasons(source)
    yield judged(steps, [*reasons, *amplified(own, dtype, steps, run.start)])
    if steps.verdict == AGREE:
        for part, what in (("weights", "final weights"), ("optimizer", "optimizer state")):
            switched = f"{what} after the switch, {dtype}"
            runs = moved(own, dtype) if dtype == "float64" else None
            state = compare_state("G3", switched, part, source, whole, run, lanes, tolerance, runs)
            yield judged(state, reasons)


def _renamed(run: Run) -> Arrays:
    return {f"saved/{name.partition('/')[2]}": a for name, a in predicted(run, "start").items()}
