"""What every layer of a model puts out in one forward pass, in the order of computation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.interface import backend
from keras3_lab.parity.record.arrays import host


@dataclass(frozen=True)
class Output:
    """One call of one layer.

    Args:
        layer: The layer.
        inputs: Shapes of the tensors it was called with.
        values: The arrays it returned.
    """

    layer: Any
    inputs: list[tuple[int, ...]]
    values: list[np.ndarray]


def layer_outputs(model: keras.Model, x: Any, training: bool = True) -> list[Output]:
    """Run a model eagerly on one batch and return what its layers put out.

    Nothing in the model changes: moving averages and random states are put back.

    Args:
        model: A built model: Sequential, Functional or subclassed.
        x: A batch of inputs.
        training: Whether layers behave as in training.

    Returns:
        The outputs, inner layers before those that contain them.
    """
    outputs: list[Output] = []
    with unchanged(model), _every_call(outputs):
        model(x, training=training)
    return outputs


@contextmanager
def unchanged(model: keras.Model) -> Iterator[None]:
    """Put all variables back on leaving: SpectralNormalization overwrites a trained one."""
    variables = model.variables
    before = [host(variable) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


@contextmanager
def _every_call(outputs: list[Output]) -> Iterator[None]:
    """Note every call of every layer inside, by wrapping `Layer.__call__` itself.

    A subclassed model has no graph to cut at a layer's output; this needs none.
    """
    original = keras.layers.Layer.__call__

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(layer, *args, **kwargs)
        inputs = [tuple(leaf.shape) for leaf in _tensors((args, kwargs))]
        tensors = _tensors(result)
        # Inside a loop that the backend traces, such as that of a recurrent layer, there are none.
        if all(backend().is_concrete(leaf) for leaf in tensors):
            outputs.append(Output(layer, inputs, [host(leaf) for leaf in tensors]))
        return result

    keras.layers.Layer.__call__ = call
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = original


def _tensors(structure: Any) -> list[Any]:
    return [leaf for leaf in keras.tree.flatten(structure) if keras.ops.is_tensor(leaf)]
