"""Settings of a recipe's optimizers, other than it declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras

from keras3_lab.errors import UsageError, unknown
from keras3_lab.recipes import Option, Recipe

Value = float | int | bool
SOME_STEPS = 1000
"""A length of training that any schedule takes."""


def with_settings(recipe: Recipe, settings: Mapping[str, Value]) -> Recipe:
    """Return a recipe whose optimizers have other settings, which its record names as options.

    Args:
        recipe: A recipe; where it has arms or stages, what is set holds in each.
        settings: Value of each setting, named as in the optimizer's configuration. Where the
            learning rate follows a schedule, `learning_rate` is what it begins with.

    Raises:
        UsageError: If an optimizer has no such setting, or does not take the value.
    """
    if not settings:
        return recipe

    def changed(optimizer: Callable[[int], Any]) -> Callable[[int], Any]:
        return lambda steps: _set(keras.optimizers.get(optimizer(steps)), settings)

    def parts(differences: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        return {
            name: {**own, "optimizer": changed(own["optimizer"])} if "optimizer" in own else own
            for name, own in differences.items()
        }

    own = {name: Option(value=str(value), help="") for name, value in settings.items()}
    swept = replace(
        recipe,
        optimizer=changed(recipe.optimizer),
        arms=parts(recipe.arms),
        stages=parts(recipe.stages),
        options={**recipe.options, **own},
    )
    for part in swept.trials().values():
        part.optimizer(SOME_STEPS)  # what cannot be set is told before anything is trained
    return swept


def scheduled(recipe: Recipe) -> str:
    """Return the schedule of a recipe's learning rate, in words; empty where it is constant."""
    rate = keras.optimizers.get(recipe.optimizer(SOME_STEPS)).get_config()["learning_rate"]
    return str(rate) if isinstance(rate, dict) else ""


def _set(
    optimizer: keras.optimizers.Optimizer, settings: Mapping[str, Value]
) -> keras.optimizers.Optimizer:
    kind, config = type(optimizer), optimizer.get_config()
    known = [name for name, value in config.items() if isinstance(value, Value | None)]
    if "learning_rate" not in known:
        known.insert(0, "learning_rate")  # a schedule
    for name, value in settings.items():
        if name not in known:
            raise unknown(f"setting of {kind.__name__}", name, known)
        rate = config[name]
        if isinstance(rate, float):
            config[name] = float(value)  # Keras does not take 0 for 0.0
        elif not isinstance(rate, dict):
            config[name] = value
        elif "initial_learning_rate" in rate["config"]:
            rate["config"]["initial_learning_rate"] = value
        else:
            raise UsageError(
                f"learning_rate of {kind.__name__} follows {rate['class_name']}, which has no "
                f"initial_learning_rate to set; received: {value}"
            )
    try:
        return kind.from_config(config)
    except (TypeError, ValueError) as error:
        chosen = ", ".join(f"{name}={value}" for name, value in settings.items())
        first_line = str(error).partition("\n")[0]
        raise UsageError(f"{kind.__name__} does not take {chosen}: {first_line}") from error
