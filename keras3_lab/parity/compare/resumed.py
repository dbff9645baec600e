"""Gate G3: does a model saved on one lane go on as the same on another?"""

from __future__ import annotations

from collections.abc import Iterator

from keras3_lab.parity.compare.checks import (
    AGREE,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    STATES,
    UNJUDGED,
    Check,
    compare_arrays,
    compare_state,
    compare_steps,
    known_causes,
    unjudged_if_caused,
)
from keras3_lab.parity.compare.rounding import (
    growing_rounding,
    nothing_but_rounding,
    within_rounding,
)
from keras3_lab.parity.trace import Run, Trace


def compare_resumed(
    one: Trace, other: Trace, tolerance: float = FLOAT64_TOLERANCE
) -> Iterator[Check]:
    """Check what either lane made of a model that the other, or it itself, had saved.

    Args:
        one: The trace of one lane; its runs from moved weights are the yardstick of rounding.
        other: That of another.
        tolerance: Largest relative difference in float64.

    Yields:
        The checks of each ordered pair of lanes.
    """
    unloaded: dict[str, tuple[str, str]] = {}
    for source, target in ((a, b) for a in (one, other) for b in (one, other)):
        lanes = (source.lane, target.lane)
        for dtype, allowed in (("float64", tolerance), ("float32", FLOAT32_TOLERANCE)):
            whole, run = source.main(dtype), target.resumed(dtype, source.lane)
            if whole is not None and run is not None:
                yield from _compare_switched(source, whole, run, lanes, dtype, allowed, one)
        if source.lane in target.header.failed:
            unloaded.setdefault(target.header.failed[source.lane], lanes)
    for reason, lanes in unloaded.items():  # mostly one reason in all lanes
        yield Check("G3", "load a saved model", lanes, UNJUDGED, detail=reason)
    unsaved = {trace.header.unsaved: (trace.lane, trace.lane) for trace in (other, one)}
    for reason, lanes in unsaved.items():
        if reason:
            yield Check("G3", "save", lanes, UNJUDGED, detail=reason)


def _rest(run: Run | None, start: int) -> Run:
    """Return the steps of a run from one on."""
    steps = {} if run is None else run.steps
    return Run(start, {name: values[start:] for name, values in steps.items()})


def _compare_switched(
    source: Trace, whole: Run, run: Run, lanes: tuple[str, str], dtype: str, tolerance: float,
    yardstick: Trace,
) -> Iterator[Check]:  # fmt: skip
    saved = compare_arrays(
        "G3", f"predictions of the saved model, {dtype}",
        whole.predicted("saved"), run.predicted("start"), lanes, tolerance,
    )  # fmt: skip
    resumed, moved = yardstick.resumed(dtype, yardstick.lane), yardstick.moved_resumed(dtype)
    rounded = known_causes(source, dtype, trained=False)
    main = yardstick.main(dtype)
    if main is not None and resumed is not None and moved is not None:
        own = [main.predicted("saved"), resumed.predicted("start")]
        rounded += nothing_but_rounding(saved, own, moved.predicted("start"))
    yield unjudged_if_caused(saved, rounded)
    if not run.steps:
        return
    steps = compare_steps(
        "G3", f"steps after the switch, {dtype}", whole, run, lanes, tolerance, first=run.start
    )
    causes = known_causes(source, dtype)
    runs = [_rest(main, run.start), *([resumed] if resumed else [])]
    excused = within_rounding(steps, _rest(whole, run.start), run, runs, moved)
    yield unjudged_if_caused(
        excused, [*causes, *growing_rounding(yardstick, dtype, steps, run.start)]
    )
    if steps.verdict == AGREE:
        from_start = yardstick.moved(dtype) if dtype == "float64" else []
        pair = (main, from_start[0]) if main is not None and from_start else None
        for part, what in STATES:
            switched = f"{what} after the switch, {dtype}"
            state = compare_state("G3", switched, part, source, whole, run, lanes, tolerance, pair)
            yield unjudged_if_caused(state, causes)
