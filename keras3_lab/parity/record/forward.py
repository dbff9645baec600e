"""What Keras's numpy backend can do: initial weights and forward passes, and no training."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from keras3_lab.parity.header import Digests
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.arrays import host
from keras3_lab.parity.record.digests import array_digest, named_leaves
from keras3_lab.parity.record.training import PREDICTED_ROWS, draw_weights, weight_variables
from keras3_lab.parity.trace import Arrays


def forward_predictions(
    model: keras.Model, problem: Problem, when: str, seed: int | None = None
) -> Arrays:
    """Return the model's outputs for a few rows of the validation data.

    Args:
        model: The model.
        problem: Where the rows come from.
        when: `"start"` or `"end"`, for their names.
        seed: Seed to draw initial weights with. Defaults to leaving the weights as they are.
    """
    held_out = problem.validation_data or (problem.x,)
    few = keras.tree.map_structure(_few, held_out[0])
    outputs = model(few, training=False)
    if seed is not None:
        draw_weights(replace(problem, model=model), seed)
        outputs = model(few, training=False)
    return {f"{when}/{i}": host(output) for i, output in enumerate(keras.tree.flatten(outputs))}


def digests_before_training(problem: Problem) -> Digests:
    """Return fingerprints of data and weights."""
    parts = {"x": problem.x, "y": problem.y, "sample_weight": problem.sample_weight}
    return {
        "data": {
            leaf: array_digest(_cast(array))
            for name, structure in parts.items()
            for leaf, array in named_leaves(name, structure).items()
        },
        "weights": {
            variable.path: array_digest(host(variable))
            for variable in weight_variables(problem.model)
        },
    }


def _few(array: np.ndarray) -> np.ndarray:
    return _cast(np.asarray(array)[:PREDICTED_ROWS])


def _cast(array: np.ndarray) -> np.ndarray:
    floating = np.issubdtype(array.dtype, np.floating)
    return array.astype(keras.config.floatx()) if floating else array
