"""How many steps of a model are a sensible run on a CPU."""

from __future__ import annotations

import keras

from keras3_lab.runs.operations import multiply_adds

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
    layers = model._flatten_layers(include_self=False)
    per_row = sum(multiply_adds(layer) for layer in layers)
    return max(FEWEST, int(WORK / max(1, per_row * batch_size)))
