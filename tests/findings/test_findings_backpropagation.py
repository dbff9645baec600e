"""Backpropagation by hand."""

from __future__ import annotations

import keras
import numpy as np
from claims import table

from keras3_lab.findings.backpropagation import backpropagate


def test_backpropagation_by_hand_in_float64(run) -> None:
    for name, (_, difference) in table(run("mnist/backprop", dtype="float64")).items():
        assert float(difference) < 1e-12, name


def test_backpropagation_stops_at_dead_units() -> None:
    """A unit that relu holds at 0 for every row passes no gradient on."""
    weights = [np.eye(2), np.array([0.0, -9.0]), np.ones((2, 3)), np.zeros(3)]
    tensors = [keras.ops.convert_to_tensor(w, dtype="float32") for w in weights]
    x = keras.ops.convert_to_tensor([[1.0, 1.0], [2.0, 3.0]])
    _, gradients = backpropagate(tensors, x, keras.ops.convert_to_tensor([0, 2]))
    assert not np.asarray(gradients[0])[:, 1].any()
    assert np.asarray(gradients[0])[:, 0].any() or np.asarray(gradients[2]).any()


def test_the_loss_by_hand_is_the_mean_cross_entropy() -> None:
    """Two classes, no hidden layer: everything can be written down."""
    kernel, bias = np.array([[1.0, -1.0]]), np.array([0.5, 0.0])
    x, labels = np.array([[0.0], [2.0]]), np.array([0, 1])
    logits = x @ kernel + bias
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta = (p - np.eye(2)[labels]) / 2
    tensors = [keras.ops.convert_to_tensor(w, dtype="float32") for w in (kernel, bias)]
    loss, (by_kernel, by_bias) = backpropagate(
        tensors,
        keras.ops.convert_to_tensor(x, dtype="float32"),
        keras.ops.convert_to_tensor(labels),
    )
    np.testing.assert_allclose(float(loss), -np.log([p[0, 0], p[1, 1]]).mean(), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(by_kernel), x.T @ delta, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(by_bias), delta.sum(axis=0), rtol=1e-5)
