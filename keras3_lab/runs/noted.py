"""The notes' figures, and whether a run may be compared with them."""

from __future__ import annotations

from typing import Any

from keras3_lab import recipes
from keras3_lab.datasets import Dataset
from keras3_lab.recipes import Recipe


def noted(recipe: Recipe, ran: Recipe, dataset: Dataset) -> dict[str, Any]:
    """Return what the record says of the notes' figures.

    They may be compared where a run had what the recipe declares: the full data set, all rows of
    it, and the declared epochs, batch size and options. Seed, precision, backend and variant are
    free.

    Args:
        recipe: The recipe, without what the caller chose.
        ran: Its first trial as it ran.
        dataset: The data that it ran on.

    Returns:
        `source`, `metrics` and `history` of the notes, and in `incomparable` a few words for each
        reason why they are no measure of this run; none where they are.
    """
    declared = next(iter(recipe.trials().values()), recipe)
    reasons = []
    if dataset.kind == "sample":
        reasons.append("the sample in the place of the full data set")
    if dataset.fraction < 1:
        reasons.append(f"{dataset.fraction:.3g} of the training rows")
    for name, words in (("epochs", "epochs"), ("batch_size", "rows a step")):
        own, theirs = getattr(ran, name), getattr(declared, name)
        if own != theirs:
            reasons.append(f"{own} in the place of {theirs} {words}")
    registered = {one.name: one for one in recipes.everything()}.get(recipe.name, recipe)
    for name, option in recipe.options.items():
        default = registered.options.get(name)
        if default is None or option.value != default.value:
            reasons.append(f"{name} {option.value}")
    return {
        "source": recipe.source,
        "metrics": dict(recipe.figures.metrics),
        "history": {name: list(values) for name, values in recipe.figures.history.items()},
        "incomparable": reasons,
    }
