"""One network by three ways, and one of two ends."""

from __future__ import annotations

import keras
import numpy as np

from keras3_lab import models
from keras3_lab.portable import initialize

IMAGES = np.random.default_rng(0).uniform(size=(5, 28, 28)).astype("float32")


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def test_each_way_computes_the_network_of_the_notes() -> None:
    for build in (models.sequential, models.functional, models.subclassed):
        model = build()
        initialize(model, 1)
        weights = model.get_weights()
        assert [weight.shape for weight in weights[::2]] == [
            (784, 256), (256, 64), (64, 32), (32, 10),
        ]  # fmt: skip
        x = IMAGES.reshape(5, -1)
        for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
            x = relu(x @ kernel + bias)
        powers = np.exp(x @ weights[-2] + weights[-1])
        expected = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(np.asarray(model(IMAGES)), expected, rtol=1e-4)


def test_two_ends_take_halves_and_tell_digit_and_parity() -> None:
    model = models.two_ended()
    assert model.count_params() == 219_818 + 32 + 1
    assert [tensor.shape for tensor in model.inputs] == [(None, 14, 28)] * 2
    assert model.output_names == ["digit", "even"]
    digit, even = model([IMAGES[:, :14], IMAGES[:, 14:]])
    assert (digit.shape, even.shape) == ((5, 10), (5, 1))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(digit).sum(axis=1), 1, rtol=1e-5)
    assert 0 < keras.ops.convert_to_numpy(even).min() < keras.ops.convert_to_numpy(even).max() < 1
