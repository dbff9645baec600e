"""Which relu units a network uses."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras3_lab import findings


def test_relu_units_are_counted_over_rows_and_positions() -> None:
    """Filter 0 is never above 0, filter 1 at one position in 256, filter 2 always."""
    conv = keras.layers.Conv2D(3, 1)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            conv,
            keras.layers.Activation("relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2, "relu", kernel_initializer="zeros", bias_initializer="ones"),
            keras.layers.Dense(10),
        ]
    )
    conv.set_weights([np.array([[[[0.0, 1.0, 0.0]]]]), np.array([-1.0, -0.5, 1.0])])
    x = np.zeros((5, 16, 16, 1), "float32")
    x[:, 3, 4] = 1.0
    outcome = SimpleNamespace(models={"": model}, splits=SimpleNamespace(x_val=x))
    (found,) = findings.relu_units(outcome)
    assert [row[1:4] for row in found.rows] == [(3, 1, 2), (2, 0, 0)]
    assert [row[4] for row in found.rows] == pytest.approx([(1 + 1 / 256) / 3, 1.0])
