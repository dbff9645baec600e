"""The plots of the ten ways in which a notebook lies."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from site_pages import measured, plots
from site_pages.plots import BLUE, ORANGE, over_epochs, sketch

Lie = Mapping[str, Mapping[str, Sequence[float]]]


def write(docs: Path) -> None:
    """Draw each of them from `results/lies.json`, the last from the accuracies over seeds."""
    found = measured.load("lies.json")
    for name, draw in DRAWN.items():
        plots.save(draw(found[name]), docs / "plots" / "lies" / f"{name}.svg")
    plots.save(one_figure(), docs / "plots" / "lies" / "one-figure.svg")


def shared_batch_norm(lie: Lie) -> Figure:
    """Training against validation accuracy."""
    figure, axes = sketch()
    for side, color in (("failing", ORANGE), ("mended", BLUE)):
        what = "one for both layers" if side == "failing" else "one for each"
        how = {"ls": "", "marker": "o"} if side == "failing" else {"ls": ":"}
        over_epochs(axes, lie[side]["accuracy"], color=color, label=f"{what}: training", **how)
        over_epochs(axes, lie[side]["val_accuracy"], color=color, label=f"{what}: inference")
    axes.set(ylabel="accuracy", ylim=(0, 1))
    axes.legend()
    return figure


def _two(lie: Lie, key: str, failing: str, mended: str, ylabel: str, **limits: object) -> Figure:
    figure, axes = sketch()
    over_epochs(axes, lie["failing"][key], color=ORANGE, label=failing)
    over_epochs(axes, lie["mended"][key], color=BLUE, label=mended)
    axes.set(ylabel=ylabel, **limits)
    axes.legend()
    return figure


def chosen_by_score(lie: Lie) -> Figure:
    """The chosen epoch's score beside an honest one, seed by seed."""
    figure, axes = sketch()
    chosen, honest = lie["failing"]["score"], lie["mended"]["score"]
    for index, (one, other) in enumerate(zip(chosen, honest, strict=True)):
        axes.plot([index, index], [one, other], color="#9ca3af", lw=1, zorder=1)
    for values, color, label in (
        (chosen, ORANGE, "on the 200 images that chose the epoch"),
        (honest, BLUE, "on 10,000 that chose nothing"),
    ):
        axes.plot(values, "o", color=color, label=label)
        axes.axhline(statistics.mean(values), color=color, ls="--", lw=1)
    axes.set(xlabel="run", ylabel="accuracy (dashed: mean)", xticks=[])
    figure.legend(loc="outside lower center")
    return figure


def unscaled_test(lie: Lie) -> Figure:
    """Accuracy and loss on test images of 0 to 1 and of 0 to 255."""
    figure = Figure(figsize=(plots.WIDTH, 3.0), layout="constrained")
    both = figure.subplots(1, 2)
    for axes, metric in zip(both, ("accuracy", "loss"), strict=True):
        for place, name in enumerate(("relu", "sigmoid")):
            for side, color in (("failing", ORANGE), ("mended", BLUE)):
                values = lie[side][f"{name} {metric}"]
                label = "0 … 255" if side == "failing" else "0 … 1"
                label = label if place == 0 else None
                axes.plot([place] * len(values), values, "o", color=color, alpha=0.6, label=label)
        axes.set_xticks([0, 1], ["relu", "sigmoid"])
        axes.set(xlim=(-0.5, 1.5), title=f"test {metric}")
    both[1].set_yscale("log")
    both[0].legend(title="test pixels")
    return figure


def leaked_validation(lie: Lie) -> Figure:
    """Validation losses: of rows that were trained on, of fresh ones, and where none leaked."""
    figure, axes = sketch()
    over_epochs(axes, lie["failing"]["val_loss"], color=ORANGE, label="leaked: shown")
    over_epochs(axes, lie["failing"]["fresh_loss"], color=ORANGE, ls=":", label="leaked: true")
    over_epochs(axes, lie["mended"]["val_loss"], color=BLUE, label="set apart")
    best = 1 + min(range(60), key=lie["mended"]["val_loss"].__getitem__)
    axes.axvline(best, color=BLUE, ls="--", lw=1, label=f"stop here: epoch {best}")
    axes.set(ylabel="validation loss", ylim=(0, None))
    axes.legend()
    return figure


def same_output_twice(lie: Lie) -> Figure:
    """The error of each output, as noted and with a layer of its own."""
    figure, axes = sketch()
    for side, color, what in (
        ("failing", ORANGE, "same layer"), ("mended", BLUE, "own layer")
    ):  # fmt: skip
        for output, ls, width in (("price", "-", 3.5), ("auxiliary", "--", 1.5)):
            values = [v / 1000 for v in lie[side][f"val_{output}_mae"]]
            over_epochs(axes, values, color=color, ls=ls, lw=width if side == "failing" else 1.8,
                        alpha=0.5 if width > 3 and side == "failing" else 1,
                        label=f"{what}: {output}")  # fmt: skip
    axes.set(ylabel="mean absolute error, thousand dollars")
    axes.legend()
    return figure


def second_compile(lie: Lie) -> Figure:
    """What is minimized, in parts of the price's own loss."""
    figure, axes = sketch()
    for side, color, label in (
        ("failing", ORANGE, "compiled again: price + auxiliary"),
        ("mended", BLUE, "as declared: 0.9 price + 0.1 auxiliary"),
    ):
        history = lie[side]
        ratio = [a / b for a, b in zip(history["loss"], history["price_loss"], strict=True)]
        over_epochs(axes, ratio, color=color, label=label)
    axes.axhline(1, color="black", lw=0.8, ls=":")
    axes.set(ylabel="loss ÷ the price's loss", ylim=(0, 3))
    axes.legend()
    return figure


def one_figure() -> Figure:
    """Validation accuracy of `fmnist/early-stopping`: the notes' run and ours."""
    rows = {
        title: measured.accuracy(backend)["fmnist/early-stopping", "corrected", ""]["metrics"]
        for backend, title in measured.BACKENDS.items()
    }
    return plots.strip(
        {title: row["val_accuracy"] for title, row in rows.items()}, 0.8863, "validation accuracy"
    )


DRAWN = {
    "shared-batch-norm": shared_batch_norm,
    "overwritten-input": lambda lie: _two(
        lie, "val_accuracy", "left out: pixels of 0 … 255", "normalized", "validation accuracy"
    ),
    "relu-output": lambda lie: _two(
        lie, "accuracy", "relu", "logits", "training accuracy", ylim=(0, 1)
    ),
    "chosen-by-score": chosen_by_score,
    "unscaled-test": unscaled_test,
    "leaked-validation": leaked_validation,
    "dollars": lambda lie: _two(
        lie, "val_r2", "target in dollars", "in deviations", "validation R²", ylim=(-3.5, 1)
    ),
    "same-output-twice": same_output_twice,
    "second-compile": second_compile,
}  # fmt: skip
