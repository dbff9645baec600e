"""Log-scale plots of differences over steps, as SVG; NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 36
POINTS = 320
LOWEST = 1e-18  # where a difference of 0 is drawn


@dataclass(frozen=True)
class Line:
    """One curve.

    Args:
        label: What it is.
        values: Difference at each step, of shape `(steps,)`.
        kind: CSS class: `"lane"`, `"other"` or `"ulp"`.
    """

    label: str
    values: np.ndarray
    kind: str


def differences(lines: list[Line], tolerance: float, title: str) -> str:
    """Draw differences over steps against a tolerance.

    Args:
        lines: The curves; of many steps each the largest of a few neighbours is drawn.
        tolerance: Where the dashed line goes.
        title: What is drawn, for those who do not see it.

    Returns:
        An `<svg>` element.
    """
    steps = max(len(line.values) for line in lines)
    finite = [
        v for line in lines for v in line.values[np.isfinite(line.values) & (line.values > 0)]
    ]
    low = 10 ** np.floor(np.log10(max(min([*finite, tolerance]), LOWEST)))
    high = 10 ** np.ceil(np.log10(max([*finite, tolerance])))
    decades = max(1, round(np.log10(high / low)))

    def across(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / max(1, steps - 1)

    def up(value: float) -> float:
        share = np.log10(np.clip(value, low, high) / low) / decades
        return float(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>']
    for decade in range(0, decades + 1, max(1, decades // 6)):
        y = up(low * 10.0**decade)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        label = f"{low * 10.0**decade:.0e}"
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        step = round(share * (steps - 1))
        anchor = "end" if share == 1 else "middle"
        parts.append(
            f'<text x="{across(step):.1f}" y="{HEIGHT - 16}" text-anchor="{anchor}">{step:,}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 2}" text-anchor="middle">step</text>'
    )
    y = up(tolerance)
    parts.append(
        f'<line class="tolerance" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    )
    for line in lines:
        path = " ".join(f"{across(s):.1f},{up(v):.1f}" for s, v in _thinned(line.values))
        parts.append(
            f'<polyline class="{line.kind}" points="{path}"><title>{escape(line.label)}</title>'
            "</polyline>"
        )
    return "".join([*parts, "</svg>"])


def _thinned(values: np.ndarray) -> list[tuple[float, float]]:
    finite = np.where(np.isfinite(values), values, 1e300)
    pieces = np.array_split(finite, min(POINTS, len(finite)))
    starts = np.cumsum([0, *(len(piece) for piece in pieces[:-1])])
    return [(float(s), float(piece.max())) for s, piece in zip(starts, pieces, strict=True)]
