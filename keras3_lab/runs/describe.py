"""A recipe in words and tables, without training it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from keras3_lab.recipes import Recipe
from keras3_lab.runs.record import plain
from keras3_lab.runs.report import LABELS, tell_remarks


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
    parts = recipe.arms or recipe.stages
    for arm, trial in recipe.trials().items():
        model = replace(trial, pretrained=None).build(splits)
        if not arm or arm == next(iter(parts)) or {"model", "trainable"} & parts[arm].keys():
            heading(f"Architecture {arm}")
            model.summary(
                print_fn=lambda text: console.print(text, end="", markup=False, highlight=False)
            )
        heading(f"Settings {arm}")
        for part in (model.optimizer, model.loss):
            for output, one in (part if isinstance(part, dict) else {"": part}).items():
                console.print(f"{output}{': ' if output else ''}{_call(one)}", highlight=False)
        if trial.loss_weights:
            weights = ", ".join(f"{name} {weight}" for name, weight in trial.loss_weights.items())
            console.print(f"weights of the losses: {weights}", highlight=False)
        for callback in trial.callbacks(Path("runs")):
            console.print(type(callback).__name__, highlight=False)
        console.print(
            f"at most {trial.epochs} epochs, batches of {trial.batch_size}", highlight=False
        )
    heading("Figures in the notes")
    for name, value in recipe.figures.metrics.items():
        console.print(f"{LABELS.get(name, name)}: {value}", highlight=False)
    for name, values in recipe.figures.history.items():
        console.print(f"{name} by epoch: {', '.join(map(str, values))}", highlight=False)
    if not (recipe.figures.metrics or recipe.figures.history):
        console.print("none")
    tell_remarks(console, recipe)


def _call(part: Any) -> str:
    """Return the constructor call that makes an optimizer or a loss, without what is 0 or unset."""
    config = {key: value for key, value in plain(part.get_config()).items() if value}
    if isinstance(rate := config.get("learning_rate"), dict):
        config["learning_rate"] = f"{rate['class_name']}({rate['config']})"
    arguments = ", ".join(
        # Six digits: a float32 learning rate of 0.001 is 0.0010000000474974513.
        f"{key}={float(f'{value:.6g}')}" if isinstance(value, float) else f"{key}={value!r}"
        for key, value in config.items()
        if key != "name"
    )
    return f"{type(part).__name__}({arguments})"
