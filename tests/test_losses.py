"""Losses of the notes: N3's formula, and what TensorFlow makes of outputs that are no shares."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab import losses

ZEROS, LABELS = np.zeros((2, 10), "float32"), np.array([3, 7])


def test_a_relu_output_at_zero_or_above_one_has_no_gradient() -> None:
    """Whatever the label, nothing moves: the network cannot train."""
    for bias in (-1.0, 2.0):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(
                    10, "relu", kernel_initializer="zeros",
                    bias_initializer=keras.initializers.Constant(bias),
                ),
            ]
        )  # fmt: skip
        model.compile(keras.optimizers.SGD(1.0), losses.ClippedCrossentropy())
        before = model.get_weights()
        history = keras3_lab.fit(model, np.ones((2, 4)), LABELS, epochs=3, verbose=0)
        for one, other in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        assert history.history["loss"] == pytest.approx([np.log(10)] * 3, rel=1e-5)


def test_the_clipped_cross_entropy_is_tensorflows_own() -> None:
    """On JAX, Keras divides by the sum first: ten outputs of 0 make a loss that is no number."""
    outputs = np.random.default_rng(1).normal(0.5, 1, (64, 10)).clip(0).astype("float32")
    labels = np.arange(64) % 10
    stock = keras.losses.SparseCategoricalCrossentropy()
    if keras.config.backend() == "tensorflow":
        ours = losses.ClippedCrossentropy()(labels, outputs)
        assert float(ours) == pytest.approx(float(stock(labels, outputs)), rel=1e-6)
    else:
        assert np.isnan(float(stock(LABELS, ZEROS)))
    assert float(losses.ClippedCrossentropy()(LABELS, ZEROS)) == pytest.approx(np.log(10))


def test_the_clipped_cross_entropy_is_clipped_and_divided_by_its_sum() -> None:
    outputs = np.array([[0.5, 1.5, 0.0], [0.2, 0.2, 0.6]], "float32")
    clipped = outputs.clip(1e-7, 1 - 1e-7)
    shares = clipped / clipped.sum(axis=1, keepdims=True)
    expected = -np.log([shares[0, 1], shares[1, 2]]).mean()
    found = losses.ClippedCrossentropy()(np.array([1, 2]), outputs)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_cross_entropy_formula_skips_what_is_not_true() -> None:
    truth = np.array([[0.0, 1.0], [1.0, 0.0]])
    value = losses.cross_entropy(truth, np.array([[0.0, 1.0], [0.25, 0.75]]))
    assert float(value) == pytest.approx(-np.log(0.25) / 2, rel=1e-6)
