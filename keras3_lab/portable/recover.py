"""Finds the initializer of every weight of a built model.

Keras does not keep it: a `keras.Variable` forgets its initializer as soon as it has a value. So
each layer that owns weights is rebuilt from its config, in a scope where Keras postpones the
values and therefore *does* keep the initializers, and its weights are matched with the copy's.
"""

import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keras3_lab.private.initializers import variables_without_values
from keras3_lab.private.layers import (
    kept_initializer,
    own_variables,
    seed_generators,
    sublayers,
)

Initializer = Callable[..., Any]


@dataclass(frozen=True)
class OwnedWeight:
    """A weight, the layer that created it and the initializer that gave it its value.

    Attributes:
        variable: The `keras.Variable`.
        layer: The layer that owns it.
        initializer: Its initializer; `None` if it could not be found.
        problem: Why it could not be found; empty otherwise.
    """

    variable: Any
    layer: Any
    initializer: Initializer | None
    problem: str = ""


def owned_weights(model: Any) -> list[OwnedWeight]:
    """Find owner and initializer of the weights of a built model or layer.

    Args:
        model: A built Keras model or layer.

    Returns:
        One entry for each of `model.weights`, in that order.
    """
    owned: dict[int, OwnedWeight] = {}
    for layer in _layers(model):
        own = [v for v in own_variables(layer) if id(v) not in owned]
        if own:
            copies, problem = _rebuilt_variables(layer)
            for variable in own:
                initializer = _initializer(layer, variable, copies)
                owned[id(variable)] = OwnedWeight(
                    variable, layer, initializer, "" if initializer else problem
                )
    return [owned[id(variable)] for variable in model.weights]


def seed_states(model: Any) -> list[Any]:
    """Find the states of the random generators of a model or layer.

    Args:
        model: A Keras model or layer.

    Returns:
        The state variables `[seed, step]` of its `keras.random.SeedGenerator`s, each once, in the
        order of the layers.
    """
    states: dict[int, Any] = {}
    for layer in _layers(model):
        for generator in seed_generators(layer):
            states.setdefault(id(generator.state), generator.state)
    return list(states.values())


def _layers(layer: Any) -> Iterator[Any]:
    yield layer
    for sublayer in sublayers(layer):
        yield from _layers(sublayer)


def _initializer(layer: Any, variable: Any, copies: list[Any]) -> Initializer | None:
    twins = [i for i, v in enumerate(own_variables(layer)) if v is variable]
    if twins and twins[0] < len(copies):
        copy = copies[twins[0]]
        # The names of weights without a name are numbered through the process.
        if tuple(copy.shape) == tuple(variable.shape) and base_name(copy) == base_name(variable):
            return kept_initializer(copy)
    attribute = getattr(layer, f"{variable.name}_initializer", None)
    return attribute if callable(attribute) else None


def base_name(variable: Any) -> str:
    """Return the name of a variable without the number that Keras appends to unnamed ones.

    Args:
        variable: A `keras.Variable`.

    Returns:
        `"kernel"` for `kernel`, `"variable"` for `variable_12`.
    """
    name, _, number = variable.name.rpartition("_")
    return "variable" if "variable" in name and number.isdigit() else str(variable.name)


def _rebuilt_variables(layer: Any) -> tuple[list[Any], str]:
    """Rebuilds a layer; returns its own variables, without values, or why that failed."""
    try:
        with _no_trace():
            copy = type(layer).from_config(_complete_config(layer))
            if not copy.built:
                copy.build_from_config(layer.get_build_config())
            return own_variables(copy), "the rebuilt layer has no such weight"
    except Exception as error:  # whatever a user's own layer may raise
        # Keras wraps the cause in the whole config.
        cause = str(error).rpartition("Exception encountered: ")[2].strip().partition("\n")[0]
        return [], f"it cannot be rebuilt from its config: {type(error).__name__}: {cause}"


def _complete_config(layer: Any) -> dict[str, Any]:
    """Return a layer's config with the arguments it leaves out, as ConvLSTM's cell its `rank`."""
    config: dict[str, Any] = layer.get_config()
    for name, parameter in inspect.signature(type(layer).__init__).parameters.items():
        if parameter.default is parameter.empty and name not in config and hasattr(layer, name):
            config[name] = getattr(layer, name)
    return config


@contextmanager
def _no_trace() -> Iterator[None]:
    """Create variables without values and leave Python's and Keras's counters as they were."""
    python_random = random.getstate()  # Keras draws the seeds of unseeded initializers from it
    try:
        with variables_without_values():
            yield
    finally:
        random.setstate(python_random)
