"""Which layers draw random numbers, and which of them the same everywhere."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.private.layers import flatten_layers, seed_generators


def is_portable_random(layer: Any) -> bool:
    """Whether a layer draws random numbers of its own, the same way on every backend."""
    own = any(kind.__module__.startswith("keras3_lab.") for kind in type(layer).__mro__)
    return bool(seed_generators(layer)) and own


def stock_seed_states(model: keras.Model) -> list[keras.Variable]:
    """Return the states of generators whose numbers are no lane's but the backend's.

    Keras does not save them with a model, and recurrent and attention layers have one even where
    they drop nothing.
    """
    return [
        generator.state
        for layer in [model, *flatten_layers(model)]
        if not is_portable_random(layer)
        for generator in seed_generators(layer)
    ]
