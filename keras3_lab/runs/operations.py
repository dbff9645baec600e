"""Floating-point operations of a training, counted from the model's layers."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras3_lab.private.layers import flatten_layers, own_variables


def training_operations(model: keras.Model, rows: int) -> float:
    """Return the floating-point operations of training on `rows` rows.

    Of matrix products and convolutions, an addition and a multiplication each: twice the
    multiply-adds of the forward pass, and twice as many again and again for the gradients by
    inputs and weights, where a layer is trained. Everything else is small beside them and not
    counted, and neither is evaluation.

    Args:
        model: A built model, of one graph or several nested ones.
        rows: Rows trained on, those of all epochs together.

    Example:
    ```python
    import keras

    from keras3_lab.private.layers import flatten_layers, own_variables
    from keras3_lab.runs.operations import training_operations

    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    assert training_operations(model, rows=100) == 6 * 784 * 10 * 100
    ```
    """
    layers = flatten_layers(model)
    return 2.0 * rows * sum(_passes(layer) * multiply_adds(layer) for layer in layers)


def multiply_adds(layer: Any) -> int:
    """Return the multiply-adds of one row in one forward pass of a layer's own kernels.

    Args:
        layer: A built layer. One that is part of no graph counts as applied once.
    """
    own = sum(math.prod(v.shape) for v in own_variables(layer) if len(v.shape) > 1)
    # At every place of the output: all dimensions but batch and channels.
    return own * math.prod(_output_shape(layer)[:-1])


def numbers_out(layer: Any) -> int:
    """Return how many numbers a layer with weights of its own puts out for one row."""
    return math.prod(_output_shape(layer)) if own_variables(layer) else 0


def _output_shape(layer: Any) -> list[int]:
    """Return the shape of one row of a layer's output; `[1]` where no graph tells it."""
    try:
        shape = layer.output.shape
    except (AttributeError, ValueError):  # in a subclassed model, or with several outputs
        return [1]
    return [size or 1 for size in shape[1:]]


def _passes(layer: Any) -> int:
    return 3 if layer.trainable_weights else 1
