"""Resizing: bilinear, and the same everywhere."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab import layers


@pytest.mark.parametrize("size", [64, 48, 20, 33])
def test_resize_is_bilinear(size: int) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (2, 32, 24, 3)).astype("float32")
    expected = keras.layers.Resizing(size, size)(images)
    np.testing.assert_allclose(layers.Resize(size)(images), expected, atol=2e-3)


def test_resize_is_exact_in_float64(really_float64) -> None:
    ramp = np.arange(4.0).reshape(1, 1, 4, 1).repeat(4, axis=1)
    row = np.asarray(layers.Resize(8)(ramp))[0, 3, :, 0]
    np.testing.assert_allclose(row, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3], rtol=1e-15)
