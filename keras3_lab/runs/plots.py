"""Plots of a run, written as PNG without a display."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import confusion_matrix

from keras3_lab.files import whole

DPI = 120


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
    history, notes = record["history"], record["notes"]
    names = [name for name in history if not name.startswith("val_") and name != "learning_rate"]
    names.sort(key="loss".__ne__)  # the loss first
    columns = min(len(names), 4)
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(5.2 * columns, 4 * rows), layout="constrained")
    every = figure.subplots(rows, columns, squeeze=False).flat
    for axes in every[len(names) :]:
        axes.remove()
    for axes, name in zip(every[: len(names)], names, strict=True):
        for key, label, color in (
            (name, "training", "tab:blue"),
            (f"val_{name}", "validation", "tab:orange"),
        ):
            if key in history:
                epochs = range(1, len(history[key]) + 1)
                axes.plot(epochs, history[key], label=label, color=color, marker=".")
            if key in notes["history"]:
                printed = notes["history"][key]
                epochs = range(1, len(printed) + 1)
                axes.plot(epochs, printed, "x", label=f"{label}, notes", color=color)
            elif key in notes["metrics"]:
                axes.axhline(
                    notes["metrics"][key], label=f"{label}, notes", color=color, ls=":", lw=1
                )
        if "stopped_epoch" in record["metrics"] and f"val_{name}" in history:
            best = int(np.argmin(history["val_loss"])) + 1
            axes.axvline(best, color="tab:gray", ls="--", lw=1, label="restored epoch")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(_heading(record))
    save(figure, path)


def comparison(record: dict[str, Any], path: Path) -> None:
    """Plot loss and metrics over epochs, on validation rows, an arm a line.

    Args:
        record: The record of a run with arms.
        path: File to write.
    """
    arms = {arm: entry["history"] for arm, entry in record["arms"].items()}
    names = [n for n in next(iter(arms.values())) if f"val_{n}" in next(iter(arms.values()))]
    names.sort(key="loss".__ne__)  # the loss first
    figure = Figure(figsize=(5.2 * len(names), 4.4), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for index, (arm, history) in enumerate(arms.items()):
            color = f"C{index}"
            epochs = range(1, len(history[name]) + 1)
            axes.plot(epochs, history[f"val_{name}"], label=arm, color=color)
            axes.plot(epochs, history[name], color=color, ls=":", lw=1)
        axes.set(xlabel="epoch", ylabel=f"{name} (dotted: training)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.suptitle(_heading(record))
    save(figure, path)


def _heading(record: dict[str, Any]) -> str:
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
    axes.scatter(truth, predicted, s=6, alpha=0.35, linewidths=0)
    axes.axline((truth.min(), truth.min()), slope=1, color="black", lw=1, ls="--")
    axes.set(xlabel="true", ylabel="predicted", title=title)
    axes.grid(alpha=0.3)
    save(figure, path)


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
