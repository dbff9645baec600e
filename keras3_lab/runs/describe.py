"""A recipe in words and tables, without training it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
from rich.console import Console
from rich.markup import escape

from keras3_lab.recipes import Recipe
from keras3_lab.records import LABELS, written
from keras3_lab.runs.record import configuration
from keras3_lab.runs.report import tell_remarks


def describe(recipe: Recipe, variant: str) -> None:
    """Print architecture, settings, figures and defects of a recipe.

    Args:
        recipe: The recipe, in the variant to describe.
        variant: Name of the variant.
    """
    console = Console()

    def heading(text: str) -> None:
        console.print(f"\n[bold]{text}[/]")

    console.print(f"[bold]{recipe.name}[/] ({variant}): {escape(recipe.title)}")
    # The sample has the full data's shapes and is at hand; nothing is trained.
    dataset, splits = recipe.data(source="sample")
    console.print(f"notes {recipe.source}, data set {dataset.name}", highlight=False)
    if not recipe.as_noted:
        console.print("The notes have no defect that changes the computation: one variant.")
    for option, own in recipe.options.items():
        console.print(f"--{option} {own.value}: {own.help}", highlight=False)
    shown: list[tuple[str, keras.Model, str]] = []  # what was shown of an arm, with its table
    of_the_first: list[str] = []
    for arm, trial in recipe.trials().items():
        model = replace(trial, pretrained=None).build(splits)
        text = _summary(model)
        like = next((one for one in shown if _without_names(one[2]) == _without_names(text)), None)
        if like is None:
            shown.append((arm, model, text))
            heading(f"Architecture {arm}")
            console.print(text, end="", markup=False, highlight=False)
        heading(f"Settings {arm}")
        settings = _settings(model, trial)
        lines = [line for line in settings if line not in of_the_first]
        of_the_first = of_the_first or settings
        if like is not None and (changes := _changes(model, like[1])):
            lines.insert(0, f"layers as in {like[0]!r}, but {changes}")
        for line in lines or ["the same"]:
            console.print(line, markup=False, highlight=False)
    heading("Figures in the notes")
    for name, value in recipe.figures.metrics.items():
        console.print(f"{LABELS.get(name, name)}: {value}", highlight=False)
    for name, values in recipe.figures.history.items():
        console.print(f"{name} by epoch: {', '.join(map(str, values))}", highlight=False)
    if not (recipe.figures.metrics or recipe.figures.history):
        console.print("none")
    tell_remarks(console, recipe)


def _settings(model: keras.Model, trial: Recipe) -> list[str]:
    """Return what a model is trained with, a line each."""
    lines = [
        f"{output}{': ' if output else ''}{written(configuration(one))}"
        for part in (model.optimizer, model.loss)
        for output, one in (part if isinstance(part, dict) else {"": part}).items()
    ]
    if trial.loss_weights:
        weights = ", ".join(f"{name} {weight}" for name, weight in trial.loss_weights.items())
        lines.append(f"weights of the losses: {weights}")
    lines += [type(callback).__name__ for callback in trial.callbacks(Path("runs"))]
    return [*lines, f"at most {trial.epochs} epochs, batches of {trial.batch_size}"]


def _summary(model: keras.Model) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    return "".join(lines)


def _without_names(summary: str) -> str:
    """Return a table without the numbers that Keras makes names unlike with."""
    return re.sub(r"[\s━─]+", " ", re.sub(r"_\d+\b", "", summary))


def _changes(model: keras.Model, other: keras.Model) -> str:
    """Return the arguments of layers in which a model is unlike another of the same table."""
    changes: dict[str, None] = {}  # in order
    for own, theirs in zip(_configs(model), _configs(other), strict=True):
        for name, value in own.items():
            if value != theirs.get(name):
                changes[f"{name}={_argument(value)}"] = None
    return ", ".join(changes)


def _configs(model: keras.Model) -> list[dict[str, Any]]:
    configs = []
    for layer in model.layers:
        config = configuration(layer)
        configs.append(
            {name: value for name, value in config.items() if name not in ("name", "class")}
        )
    return configs


def _argument(value: Any) -> str:
    """Return an argument as it is written, `RandomNormal(stddev=1.0)` for a part of Keras."""
    if not isinstance(value, dict) or "class_name" not in value:
        return repr(value)
    config = value.get("config") or {}
    arguments = ", ".join(f"{name}={one!r}" for name, one in config.items() if one)
    return f"{value['class_name']}({arguments})"
