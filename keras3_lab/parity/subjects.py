"""From what stands on the command line to the problems that are checked."""

from __future__ import annotations

from typing import Any

from keras3_lab import recipes
from keras3_lab.errors import UsageError


def subjects(
    names: tuple[str, ...],
    *,
    variant: str,
    data: str,
    data_dir: str | None,
    fraction: float,
    portable: bool,
    **more: Any,
) -> list[dict[str, Any]]:
    """Return the fields of a `Subject` for each name, variant and arm.

    Where no recipe is named, all are, each with its first arm and with options that make it light.
    """
    own = {name: more[name] for name in recipes.own_options() if more[name] is not None}
    common = {
        "data": data,
        "data_dir": data_dir,
        "fraction": fraction,
        "portable": portable,
    }
    problems: list[dict[str, Any]] = []
    for name in names or recipes.names():
        if ":" in name:
            problems.append({"name": name, "variant": "corrected", "arm": "", **common})
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
        problems += [
            {"name": recipe.name, "variant": one, "arm": arm, "options": chosen, **common}
            for one in variants
            for arm in (arms if names else arms[:1])
        ]
    return problems


def without_weights(subject: dict[str, Any]) -> dict[str, Any] | None:
    """Return the subject as a dry run without trained weights, or `None` where it has none."""
    has_weights = ":" not in subject["name"] and "weights" in recipes.get(subject["name"]).options
    if not has_weights or subject["options"].get("weights") == "none":
        return None
    return subject | {"options": subject["options"] | {"weights": "none"}}
