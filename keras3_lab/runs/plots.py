"""Plots of a run, written as PNG without a display."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras3_lab.files import whole

DPI = 120
TRAINING, VALIDATION = "C0", "C1"


def save(figure: Figure, path: Path, dpi: int = DPI) -> None:
    """Write a figure, whole or not at all."""
    with whole(path) as aside:
        figure.savefig(aside, dpi=dpi)


def curves(record: dict[str, Any], path: Path) -> None:
    """Plot loss and metrics over epochs, training against validation, with the notes' figures.

    Args:
        record: A run record.
        path: File to write.
    """
    names = metrics_of(record["history"])
    columns = min(len(names), 4)
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(5.2 * columns, 4 * rows), layout="constrained")
    every = figure.subplots(rows, columns, squeeze=False).flat
    for axes in every[len(names) :]:
        axes.remove()
    for axes, name in zip(every[: len(names)], names, strict=True):
        draw_curve(axes, record, name)
    figure.suptitle(heading(record))
    save(figure, path)


def metrics_of(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the names of what a history tells of training, the loss first."""
    names = [name for name in history if not name.startswith("val_") and name != "learning_rate"]
    return sorted(names, key="loss".__ne__)


def draw_curve(axes: Axes, record: dict[str, Any], name: str) -> None:
    """Draw one metric over epochs, with the notes' figures where they are a measure of the run.

    Args:
        axes: Where to draw.
        record: A run record.
        name: The metric's name, of the training rows.
    """
    history, notes = record["history"], record["notes"]
    for key, label, color in (
        (name, "training", TRAINING),
        (f"val_{name}", "validation", VALIDATION),
    ):
        if key in history:
            epochs = range(1, len(history[key]) + 1)
            axes.plot(epochs, history[key], label=label, color=color, marker=".")
        if notes["incomparable"]:
            continue
        if key in notes["history"]:
            printed = notes["history"][key]
            epochs = range(1, len(printed) + 1)
            axes.plot(epochs, printed, "x", label=f"{label}, notes", color=color)
        elif key in notes["metrics"]:
            axes.axhline(notes["metrics"][key], label=f"{label}, notes", color=color, ls=":", lw=1)
    if "restored_epoch" in record["metrics"]:
        restored = record["metrics"]["restored_epoch"]
        axes.axvline(restored, color="tab:gray", ls="--", lw=1, label="restored epoch")
    _finish(axes, name)
    axes.legend()


def comparison(record: dict[str, Any], path: Path) -> None:
    """Plot loss and metrics over epochs, on validation rows, an arm a line.

    Args:
        record: The record of a run with arms.
        path: File to write.
    """
    histories = {arm: entry["history"] for arm, entry in record["arms"].items()}
    names = validated(histories)
    figure = Figure(figsize=(5.2 * len(names), 4.4), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        draw_overlay(axes, histories, name)
    axes.legend(fontsize="small")
    figure.suptitle(heading(record))
    save(figure, path)


def validated(histories: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """Return the names of the metrics that all histories have, of both parts, the loss first."""
    first, *others = histories.values()
    return [
        name
        for name in metrics_of(first)
        if all(key in history for history in (first, *others) for key in (name, f"val_{name}"))
    ]


def draw_overlay(
    axes: Axes, histories: Mapping[str, Mapping[str, Sequence[float]]], name: str
) -> None:
    """Draw one metric of several trainings over epochs, on validation and training rows.

    Args:
        axes: Where to draw.
        histories: Keras history of each training, by its name.
        name: The metric's name, of the training rows.
    """
    for index, (label, history) in enumerate(histories.items()):
        color = f"C{index}"
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[f"val_{name}"], label=label, color=color, marker=".")
        axes.plot(epochs, history[name], color=color, ls=":", lw=1, marker=".", ms=3)
    _finish(axes, f"{name} (dotted: training)")


def _finish(axes: Axes, name: str) -> None:
    axes.set(xlabel="epoch", ylabel=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)


def heading(record: dict[str, Any]) -> str:
    """Return what ran, in a line."""
    sample = "" if record["data"]["kind"] == "full" else ", sample data"
    return f"{record['recipe']} ({record['variant']}) on {record['backend']}{sample}"


def predictions(truth: np.ndarray, predicted: np.ndarray, title: str, path: Path) -> None:
    """Plot predicted numbers against true ones.

    Args:
        truth: Numbers of shape `(rows,)`.
        predicted: Numbers of the same shape.
        title: Heading.
        path: File to write.
    """
    figure = Figure(figsize=(6, 5.6), layout="constrained")
    axes = figure.subplots()
    draw_predictions(axes, truth, predicted)
    axes.set_title(title)
    save(figure, path)


def draw_predictions(axes: Axes, truth: np.ndarray, predicted: np.ndarray) -> None:
    """Draw predicted numbers over true ones, both of shape `(rows,)`."""
    axes.scatter(truth, predicted, s=6, alpha=0.35, linewidths=0, rasterized=True)
    axes.axline((truth.min(), truth.min()), slope=1, color="tab:gray", lw=1, ls="--")
    axes.set(xlabel="true", ylabel="predicted")
    axes.grid(alpha=0.3)


def confusion(
    truth: np.ndarray, predicted: np.ndarray, classes: Sequence[str], title: str, path: Path
) -> None:
    """Plot a confusion matrix: rows are true classes, columns predicted ones.

    Args:
        truth: Integer labels of shape `(rows,)`.
        predicted: Integer predictions of shape `(rows,)`.
        classes: Name of each class.
        title: Heading.
        path: File to write.
    """
    from sklearn.metrics import confusion_matrix

    matrix = confusion_matrix(truth, predicted, labels=range(len(classes)))
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    figure = Figure(figsize=(7, 6.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, count, ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    save(figure, path)
