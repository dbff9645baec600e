"""LookaheadSGD and the triangular schedule against their formulas."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab.optimizers import LookaheadSGD
from keras3_lab.schedules import Triangle


def test_lookahead_sgd_follows_its_formula(really_float64) -> None:
    """Of a loss w·c the gradient is c: a few lines of NumPy know every step."""
    gradients = {"kernel": np.array([1.0, -2.0]), "beta": np.array([0.5, 0.25])}
    start = {"kernel": np.array([0.5, 1.0]), "beta": np.array([0.0, 0.1])}
    settings = {"momentum": 0.8, "weight_decay": 0.1, "beta_factor": 8.0}
    rate, steps, every, kept_last = 0.05, 12, 3, 0.7
    optimizer = LookaheadSGD(
        rate, steps, ema_momentum=kept_last, ema_overwrite_frequency=every, **settings
    )
    variables = [keras.Variable(value, name=name) for name, value in start.items()]
    weights = {name: value.copy() for name, value in start.items()}
    momenta = {name: np.zeros(2) for name in start}
    averages: dict[str, np.ndarray] = {}
    for step in range(1, steps + 1):
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients.values()], variables)
        for (name, gradient), variable in zip(gradients.items(), variables, strict=True):
            step_size = rate * (8.0 if name == "beta" else 1.0)
            weights[name] -= weights[name] * 0.1 * rate
            momenta[name] = 0.8 * momenta[name] - step_size * gradient
            weights[name] += 0.8 * momenta[name] - step_size * gradient
            if step == 1:
                averages[name] = weights[name].copy()
            if step % every == 0:
                kept = kept_last * (step / steps) ** 3
                averages[name] = kept * averages[name] + (1 - kept) * weights[name]
                weights[name] = averages[name].copy()
            np.testing.assert_allclose(variable.numpy(), weights[name], rtol=1e-13, atol=1e-14)
    optimizer.finalize_variable_values(variables)
    np.testing.assert_allclose(variables[0].numpy(), weights["kernel"], rtol=1e-13)


def test_lookahead_sgd_is_made_again_from_its_config() -> None:
    optimizer = LookaheadSGD(Triangle(0.1, 50), 50, weight_decay=0.01, beta_factor=3.0)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


def test_triangle_rises_and_falls() -> None:
    schedule = Triangle(2.0, steps=200, start=0.2, peak=0.25, end=0.1)
    at = [0, 25, 50, 125, 200]
    rates = [float(schedule(keras.ops.convert_to_tensor(step))) for step in at]
    assert rates == pytest.approx([0.4, 1.2, 2.0, 1.1, 0.2])
