"""Plots of the site, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

BLUE, ORANGE, GREY = "#1f5fbf", "#c2410c", "#6b7280"
COLORS = (BLUE, ORANGE, "#15803d", "#9333ea", "#b45309", "#0e7490", "#be185d", "#4d7c0f")
WIDTH = 4.6  # inches: on a phone, text of a plot is then as large as that around it

mpl.rcParams |= {
    "svg.fonttype": "none",  # text stays text: small files, the reader's font
    "svg.hashsalt": "keras3_lab",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "axes.titlesize": 10,
}


def sketch(height: float = 3.0, width: float = WIDTH) -> tuple[Figure, Axes]:
    """Return an empty figure and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def save(figure: Figure, path: Path) -> None:
    """Write a figure, the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def over_epochs(axes: Axes, values: Sequence[float], every: int = 1, **how: Any) -> None:
    """Draw a line of figures per epoch, counted from 1."""
    axes.plot(range(1, len(values) * every + 1, every), values, **how)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def curves(
    trials: Mapping[str, Mapping[str, Any]],
    metric: str,
    *,
    others: Mapping[str, Mapping[str, Any]] | None = None,
    notes: Sequence[float] = (),
) -> Figure:
    """Draw a metric over epochs: validation as a line, training dotted, a colour per training.

    Args:
        trials: Trainings by label, with `history` and `every`.
        metric: Name in the history.
        others: The same trainings on the other backend, as dots.
        notes: The notes' figures of each epoch, of training.
    """
    rows = (len(trials) + 1) // 2
    figure, axes = sketch(3.0 + (0.2 * rows if len(trials) > 2 else 0))
    points = 0
    for color, (label, trial) in zip(COLORS, trials.items(), strict=False):
        history, every = trial["history"], trial["every"]
        if metric in history:
            over_epochs(axes, history[metric], every, color=color, lw=1, ls=":")
        name = f"val_{metric}" if f"val_{metric}" in history else metric
        over_epochs(axes, history[name], every, color=color, lw=1.8, label=label)
        points = max(points, len(history[name]))
        other = (others or {}).get(label)
        if other and name in other["history"]:
            values = other["history"][name]
            over_epochs(axes, values, every, color=color, ls="", marker="o", ms=3, mfc="none")
    if notes:
        over_epochs(axes, notes, color="black", ls="", marker="x", ms=5, label="notes (training)")
    axes.set_ylabel(metric.replace("_", " "))
    if metric.endswith("r2"):
        axes.set_ylim(bottom=max(axes.get_ylim()[0], -0.5))
    if len(trials) > 1 or notes:
        if len(trials) > 2:
            figure.legend(loc="outside lower center", ncols=2)
        else:
            axes.legend()
    return figure


def strip(rows: Mapping[str, Sequence[float]], noted: float | None, label: str) -> Figure:
    """Draw the figure of each seed as a dot, a line for each row, and the notes' figure."""
    figure, axes = sketch(0.75 + 0.24 * len(rows) + (0.2 if noted is not None else 0))
    for index, (name, values) in enumerate(rows.items()):
        color = ORANGE if "as noted" in name else BLUE
        marker = "s" if name.endswith("TensorFlow") else "o"
        place = np.full(len(values), -index)
        axes.plot(values, place, marker, color=color, ms=5, alpha=0.7, mew=0)
    # Long names leave no room for the dots.
    names = [name.replace("policy mixed_", "") for name in rows]
    axes.set_yticks(range(0, -len(rows), -1), names)
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    if noted is not None:
        axes.axvline(noted, color="black", ls="--", lw=1, label=f"notes: {noted:g}")
        figure.legend(loc="outside lower right")
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    return figure


def beside(one: Sequence[float], other: Sequence[float], label: str) -> Figure:
    """Draw the numbers that JAX and TensorFlow print, place by place."""
    figure, axes = sketch(1.9)
    axes.plot(one, "o", color=BLUE, ms=7, mfc="none", mew=1.6, label="JAX")
    axes.plot(other, "s", color=ORANGE, ms=4, label="TensorFlow")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.12)
    axes.set_title(label, loc="left")
    figure.legend(loc="outside lower right", ncols=2)
    return figure


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Draw a confusion matrix: rows are true classes, columns the predicted ones."""
    matrix = np.array(counts)
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    figure, axes = sketch(4.4)
    axes.grid(visible=False)
    # Roots: a mistake in fifty is seen, too.
    axes.pcolormesh(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.1, edgecolors="white", lw=0.5)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            color = "white" if shares[row, column] > 0.4 else "black"
            at = {"ha": "center", "va": "center", "color": color, "fontsize": 7}
            axes.text(column + 0.5, row + 0.5, f"{count}", **at)
    ticks = np.arange(len(classes)) + 0.5
    axes.set_xticks(ticks, classes, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(ticks, classes, fontsize=8)
    axes.set(xlabel="predicted", ylabel="true", aspect="equal")
    axes.invert_yaxis()
    axes.tick_params(length=0)
    return figure


def thumbnail(trials: Mapping[str, Mapping[str, Any]], metric: str) -> Figure:
    """Draw a metric over epochs, small: lines and nothing else."""
    figure, axes = sketch(1.25, 2.1)
    for color, trial in zip(COLORS, trials.values(), strict=False):
        history, every = trial["history"], trial["every"]
        for name, ls in ((f"val_{metric}", "-"), (metric, ":")):
            if name in history:
                over_epochs(axes, history[name], every, color=color, ls=ls, lw=1.6)
    axes.set_xlabel("")
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(labelsize=8)
    axes.set_title(f"{metric.replace('_', ' ')} by epoch", fontsize=8, color=GREY, loc="left")
    return figure


def words(lines: Sequence[str]) -> Figure:
    """Draw lines of text in the place of a small plot."""
    figure, axes = sketch(1.25, 2.1)
    axes.axis("off")
    axes.text(
        0.5, 0.5, "\n".join(lines), ha="center", va="center", fontsize=12,
        color=BLUE, linespacing=1.6,
    )  # fmt: skip
    return figure
