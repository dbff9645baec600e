"""Backpropagation by hand, written in `keras.ops`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras3_lab import models
from keras3_lab.engine.interface import backend
from keras3_lab.losses import SparseCategoricalCrossentropy
from keras3_lab.portable import initialize
from keras3_lab.recipes import Findings, Outcome


def backpropagate(weights: list[Any], x: Any, labels: Any) -> tuple[Any, list[Any]]:
    """Return loss and gradients of a relu network with softmax and cross-entropy, by hand.

    Forward, keeping every layer's input; then the chain rule from the loss back to the first
    layer, each step from what was kept.

    Args:
        weights: Kernels and biases in turn, `[W1, b1, W2, b2, …]`.
        x: Inputs of shape `(batch, features)`.
        labels: Integer classes of shape `(batch,)`.

    Returns:
        The mean loss, and the gradient by each of the weights.

    Reference:

    - [Rumelhart, Hinton, Williams, 1986](https://doi.org/10.1038/323533a0)
    """
    ops = keras.ops
    kernels, biases = weights[::2], weights[1::2]
    kept = [x]  # the input of each layer
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        kept.append(ops.relu(ops.matmul(kept[-1], kernel) + bias))
    logits = ops.matmul(kept[-1], kernels[-1]) + biases[-1]
    truth = ops.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    probabilities = ops.softmax(logits)
    loss = -ops.mean(ops.sum(truth * ops.log_softmax(logits), axis=-1))

    gradients: list[Any] = []
    delta = (probabilities - truth) / x.shape[0]  # of the loss by the logits
    for kernel, inputs in zip(reversed(kernels), reversed(kept), strict=True):
        gradients[:0] = [ops.matmul(ops.transpose(inputs), delta), ops.sum(delta, axis=0)]
        # relu passes the gradient where it passed the value.
        delta = ops.matmul(delta, ops.transpose(kernel)) * ops.cast(inputs > 0, inputs.dtype)
    return loss, gradients


def backpropagation(outcome: Outcome) -> list[Findings]:
    """Compare gradients by hand with the backend's own, weight by weight."""
    x, labels = outcome.splits.x_train[:32], outcome.splits.y_train[:32]
    model = models.sequential()
    initialize(model, outcome.seed)
    model.compile(optimizer="sgd", loss=SparseCategoricalCrossentropy())
    automatic = backend().gradients(model, (x, labels))
    loss, by_hand = backpropagate(
        [keras.ops.convert_to_tensor(w) for w in model.get_weights()],
        keras.ops.reshape(keras.ops.convert_to_tensor(x), (len(x), -1)),
        keras.ops.convert_to_tensor(labels),
    )
    rows = []
    for variable, ours, theirs in zip(model.trainable_variables, by_hand, automatic, strict=True):
        ours = keras.ops.convert_to_numpy(ours)
        largest = float(np.abs(theirs).max())
        difference = float(np.abs(ours - theirs).max()) / largest
        name = f"{variable.name} {tuple(variable.shape)}"
        rows.append((name, largest, f"{difference:.1e}"))
    expected = model.evaluate(x, labels, verbose=0)
    rows.append(("loss", float(expected), f"{abs(float(loss) - expected) / expected:.1e}"))
    columns = ("gradient by", "largest, backend's", "relative difference by hand")
    return [Findings(title="Backpropagation by hand", columns=columns, rows=rows)]
