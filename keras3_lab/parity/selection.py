"""From what stands on the command line to the subjects that are checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from keras3_lab import recipes
from keras3_lab.errors import UsageError
from keras3_lab.parity.subject import Subject

SURVEY_ROWS = 4_000
"""Most training rows where all recipes are checked: a run of 250 steps sees them twice."""


def select_subjects(
    names: tuple[str, ...],
    *,
    variant: str,
    data: str,
    data_dir: str | None,
    fraction: float,
    portable: bool,
    **more: Any,
) -> list[Subject]:
    """Return a subject for each name, variant and arm.

    Where no recipe is named, all are, each with its first arm, with options that make it light and
    on a part of its data.

    Args:
        names: Recipes, or `MODULE:FUNCTION`.
        variant: Variant of the recipes; `"all"` for each that computes something else.
        data: As in `Subject`.
        data_dir: As in `Subject`.
        fraction: As in `Subject`.
        portable: As in `Subject`.
        more: Values of the recipes' own options, among what else the command was given.

    Raises:
        UsageError: If there is no such recipe, or it does not take an option.
    """
    own = {name: more[name] for name in recipes.own_options() if more[name] is not None}
    subjects: list[Subject] = []
    rows = None if names else SURVEY_ROWS
    for name in names or recipes.names():
        common = Subject(
            name, data=data, data_dir=data_dir, fraction=fraction, rows=rows, portable=portable
        )
        if common.is_function:
            subjects.append(common)
            continue
        recipe = recipes.get(name)
        if names:
            recipe.with_options(own)  # refuses here what no lane could do
        chosen = {option: value for option, value in own.items() if option in recipe.options}
        if not names:
            light = {name: option.light for name, option in recipe.options.items() if option.light}
            chosen = light | chosen
        arms = list(recipe.trials())
        if names and not arms:
            raise UsageError(f"recipe {recipe.name!r} trains no Keras model; nothing to compare")
        variants = [variant]
        if variant == "all":
            variants = list(recipes.VARIANTS) if recipe.as_noted else ["corrected"]
        subjects += [
            replace(common, name=recipe.name, variant=one, arm=arm, options=chosen)
            for one in variants
            for arm in (arms if names else arms[:1])
        ]
    return subjects


def without_weights(subject: Subject) -> Subject | None:
    """Return the subject as a dry run without trained weights, or `None` where it has none."""
    has_weights = not subject.is_function and "weights" in recipes.get(subject.name).options
    if not has_weights or subject.options.get("weights") == "none":
        return None
    return replace(subject, options={**subject.options, "weights": "none"})
