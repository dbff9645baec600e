"""What there is: recipes with the notes' figures and ours, and data sets. Nothing imports Keras."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any

from keras3_lab import recipes
from keras3_lab.recipes import Recipe
from keras3_lab.records import main_metric
from keras3_lab.terminal import say

if TYPE_CHECKING:
    from rich.console import Console

# Which of the notes' figures stands in a list, the first that there is.
FIGURES = ("test_accuracy", "val_accuracy", "mean_accuracy", "test_r2", "test_price_mae")


def measured() -> dict[str, Any]:
    """Return what every recipe reached, by variant and backend.

    Of a recipe with several trainings, the first one's. Written by `docs/results/accuracy.py`.
    """
    return json.loads(resources.files("keras3_lab").joinpath("results.json").read_text())


def recipes_as_json(listed: Iterable[Recipe]) -> list[dict[str, Any]]:
    """Return recipes with the notes' figures and ours, as JSON has it."""
    results = measured()
    return [
        {
            "name": recipe.name,
            "title": recipe.title,
            "source": recipe.source,
            "variants": list(recipes.VARIANTS) if recipe.as_noted else list(recipes.VARIANTS[:1]),
            "notes": dict(recipe.figures.metrics),
            "results": results.get(recipe.name, {}),
        }
        for recipe in listed
    ]


def list_recipes(console: Console, listed: Iterable[Recipe]) -> None:
    """Print recipes, the notes' figure and what we reach, in lines of at most 80 characters."""
    results = measured()
    say(console, f"{'recipe':<33} {'metric':<14} {'notes':>9}  {'reached here':<17}", bold=True)
    for recipe in listed:
        own = results.get(recipe.name, {})
        for variant in recipes.VARIANTS if recipe.as_noted else recipes.VARIANTS[:1]:
            first = variant == recipes.VARIANTS[0]
            metric, reached = _reached(recipe, own.get(variant, {}))
            noted = recipe.figures.metrics.get(metric)
            figure = "–" if noted is None else f"{noted:{',.0f' if noted >= 1000 else '.4f'}}"
            name = recipe.name if first else f"  {variant}"
            say(
                console,
                f"{name:<33} {metric:<14} {figure:>9}  {reached}",
                bold=first,
            )
        say(console, f"    {recipe.title}")
    say(
        console,
        "\nReached: mean ± standard deviation over seeds on the full data, under JAX where"
        "\nit was measured. `ls CHAPTER` lists a chapter, `show RECIPE` tells more.",
    )


def _reached(recipe: Recipe, by_backend: dict[str, Any]) -> tuple[str, str]:
    """Return the metric that recipe and notes are compared by, and what we reach of it."""
    found: dict[str, Any] = next(iter(by_backend.values()), {})
    metrics = found.get("metrics", {})
    noted = next((n for n in FIGURES if n in recipe.figures.metrics), None)
    metric = noted if noted in metrics or not metrics else main_metric(metrics)
    if metric not in metrics:
        return metric or "–", "–"
    mean, deviation = metrics[metric]
    digits = ",.0f" if abs(mean) >= 1000 else ".4f"
    spread = f" ± {deviation:{digits}}" if deviation else ""
    return str(metric), f"{mean:{digits}}{spread}"


def list_data(console: Console, data_dir: str | None) -> None:
    """Print where each data set is looked for, and what is there."""
    from keras3_lab import datasets

    for name in datasets.NAMES:
        say(console, name, bold=True)
        for place in datasets.locate(name, data_dir=data_dir):
            found = place.kind if place.found else "–"
            where = place.note or str(place.path)
            say(console, f"  {found:<7} {place.description:<24} {where}")
