"""How many steps of a model are a sensible run on a CPU."""

from __future__ import annotations

import math
from typing import Any

import keras

WORK = 1.2e11
"""Multiply-adds of one run, forward passes only: some 10 s to a minute on one core in float64."""

FEWEST = 12


def affordable_steps(model: keras.Model, batch_size: int) -> int:
    """Return the number of steps that fit into one run.

    The count is the same in every lane: it looks at the model alone, not at a clock.

    Args:
        model: A built model.
        batch_size: Rows per step.
    """
    per_row = sum(_multiply_adds(layer) for layer in model._flatten_layers(include_self=False))
    return max(FEWEST, int(WORK / max(1, per_row * batch_size)))


def _multiply_adds(layer: Any) -> int:
    """Multiply-adds of one row: each own weight, at every place that it is applied to."""
    own = sum(math.prod(variable.shape) for variable in layer._trainable_variables)
    if not own:
        return 0
    try:
        shape = layer.output.shape
    except (AttributeError, ValueError):  # no graph: a subclassed model
        return own
    # All dimensions but batch and channels. A dense layer has none in between.
    return own * math.prod(size or 1 for size in shape[1:-1])
