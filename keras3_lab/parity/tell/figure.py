"""Log-scale plots of differences over steps, as SVG that stands in a page by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras3_lab.pages import COLOURS, GREY, plots_for_pages, to_svg
from keras3_lab.parity.compare.checks import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE
from keras3_lab.parity.compare.measure import step_differences
from keras3_lab.parity.trace import Run, Trace

POINTS = 320
LOWEST = 1e-18  # where a difference of 0 is drawn


@dataclass(frozen=True)
class Line:
    """One curve.

    Args:
        label: What it is.
        values: Difference at each step, of shape `(steps,)`.
        by_rounding: Whether rounding alone makes it.
    """

    label: str
    values: np.ndarray
    by_rounding: bool = False


@dataclass(frozen=True)
class Figure:
    """A plot for a page.

    Args:
        caption: What it shows.
        svg: An `<svg>` element.
    """

    caption: str
    svg: str


def figures(traces: list[Trace]) -> list[Figure]:
    """Return the plots of one subject: the lanes' losses in float64 and in float32."""
    drawn = []
    first = traces[0]
    if lines := _lines(traces, "float64"):
        caption = f"float64: relative difference of each step's loss; dashed: {FLOAT64_TOLERANCE:g}"
        drawn.append(Figure(caption, plot_differences(lines, FLOAT64_TOLERANCE)))
    if lines := _lines(traces, "float32"):
        caption = (
            f"float32: the same; grey: {first.lane} against itself with weights moved by one ulp; "
            f"dashed: {FLOAT32_TOLERANCE:g}"
        )
        drawn.append(Figure(caption, plot_differences(lines, FLOAT32_TOLERANCE)))
    return drawn


def _lines(traces: list[Trace], dtype: str) -> list[Line]:
    own = _losses(traces[0].main(dtype))
    if own is None:
        return []
    moved = [_losses(run) for run in traces[0].moved(dtype)] if dtype == "float32" else []
    by_rounding = [
        Line(f"{traces[0].lane}, moved by one ulp", step_differences(own, losses), True)
        for losses in moved
        if losses is not None
    ]
    others = [
        Line(f"{traces[0].lane} and {other.lane}", step_differences(own, losses))
        for other in traces[1:]
        if (losses := _losses(other.main(dtype))) is not None
    ]
    return [*by_rounding, *others] if others else []


def _losses(run: Run | None) -> np.ndarray | None:
    return run.steps.get("loss") if run is not None else None


def plot_differences(lines: list[Line], tolerance: float) -> str:
    """Draw differences over steps against a tolerance.

    Args:
        lines: The curves; of many steps each the largest of a few neighbours is drawn.
        tolerance: Where the dashed line goes.

    Returns:
        An `<svg>` element.
    """
    from matplotlib.figure import Figure as Canvas

    with plots_for_pages():
        canvas = Canvas(figsize=(6.4, 2.8), layout="constrained")
        axes = canvas.add_subplot()
        colours = iter(COLOURS * len(lines))
        labelled = set()
        for line in lines:
            colour = GREY if line.by_rounding else next(colours)
            kind = "rounding alone" if line.by_rounding else line.label
            label = "" if kind in labelled else kind
            labelled.add(kind)
            axes.plot(*_thinned(line.values), color=colour, linewidth=1.2, label=label)
        axes.axhline(tolerance, color=GREY, linestyle="--", linewidth=1)
        axes.set(yscale="log", xlabel="step")
        axes.grid(alpha=0.3, linewidth=0.5)
        axes.legend()
        return to_svg(canvas)


def _thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    drawn = np.clip(np.where(np.isnan(values), np.inf, values), LOWEST, 1e3)
    pieces = np.array_split(drawn, min(POINTS, len(drawn)))
    starts = np.cumsum([0, *(len(piece) for piece in pieces[:-1])])
    return starts, np.array([piece.max() for piece in pieces])
