"""Whether all that a model's steps run is Keras's code."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import keras

from keras3_lab.private.layers import flatten_layers

KNOWN = ("keras", "keras3_lab", "builtins")


def has_own_code(model: keras.Model) -> bool:
    """Tell whether there is code of somebody else's in a model's steps.

    Of Keras's own it is known what it computes, however it is run. That of a user may look at
    numbers, count calls or print. It is looked for in classes (of the model, its layers, losses,
    metrics and optimizer) and in functions that these keep: an activation, a loss, a `Lambda`.

    Args:
        model: A compiled model.
    """
    return any(_is_own(part) for part in _parts(model))


def _parts(model: keras.Model) -> Iterator[Any]:
    yield model
    yield from flatten_layers(model)
    yield from keras.tree.flatten(model.loss)
    yield getattr(model, "optimizer", None)
    for metric in model.metrics:
        yield metric
        yield from getattr(metric, "metrics", [])  # those that were passed to `compile`


def _is_own(part: Any) -> bool:
    if inspect.isroutine(part):
        return not _is_known(part)
    if not _is_known(type(part)):
        return True
    functions = [value for value in getattr(part, "__dict__", {}).values() if callable(value)]
    return any(inspect.isroutine(value) and not _is_known(value) for value in functions)


def _is_known(code: Any) -> bool:
    return str(getattr(code, "__module__", "")).partition(".")[0] in KNOWN
