"""MuonSGD against its formula."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras3_lab.errors import UsageError
from keras3_lab.optimizers import MuonSGD, orthogonalized


def test_muon_sgd_follows_its_formula(really_float64) -> None:
    """Gradients are given, so a few lines of NumPy know every step."""
    rng = np.random.default_rng(0)
    shapes = {"filters": (3, 3, 2, 4), "dense": (5, 2), "beta": (3,)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    variables = [keras.Variable(value, name=name) for name, value in weights.items()]
    momenta = {name: np.zeros(shape) for name, shape in shapes.items()}
    rate, decay, factors = 0.05, 0.1, {"dense": 0.5, "beta": 8.0}
    optimizer = MuonSGD(
        rate, momentum=0.8, filter_momentum=0.7, bias_factor=8.0, dense_factor=0.5,
        weight_decay=decay,
    )  # fmt: skip
    for _ in range(6):
        gradients = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients.values()], variables)
        for name, factor in factors.items():
            momenta[name] = 0.8 * momenta[name] - rate * factor * gradients[name]
            weights[name] = weights[name] * (1 - decay * rate)
            weights[name] += 0.8 * momenta[name] - rate * factor * gradients[name]
        momenta["filters"] = 0.7 * momenta["filters"] + gradients["filters"]
        ahead = gradients["filters"] + 0.7 * momenta["filters"]
        left, values, right = np.linalg.svd(ahead.reshape(18, 4), full_matrices=False)
        change = left @ np.diag(quintic(values / (np.linalg.norm(values) + 1e-7))) @ right
        scaled = weights["filters"] * 2 / np.linalg.norm(weights["filters"])
        weights["filters"] = scaled - rate * change.reshape(3, 3, 2, 4)
        for (name, expected), variable in zip(weights.items(), variables, strict=True):
            value = keras.ops.convert_to_numpy(variable)
            np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12, err_msg=name)


@settings(max_examples=12, deadline=None)
@given(
    rows=st.integers(1, 9), columns=st.integers(1, 9), seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
)  # fmt: skip
def test_orthogonalized_changes_singular_values_only(rows, columns, seed, scale) -> None:
    matrix = scale * np.random.default_rng(seed).normal(size=(rows, columns))
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    expected = left @ np.diag(quintic(values / (np.linalg.norm(values) + 1e-7))) @ right
    found = keras.ops.convert_to_numpy(orthogonalized(keras.ops.convert_to_tensor(matrix)))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def quintic(values: np.ndarray) -> np.ndarray:
    """What three iterations make of singular values."""
    for _ in range(3):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


def test_muon_sgd_is_made_again_from_its_config() -> None:
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 50)
    optimizer = MuonSGD(schedule, weight_decay=0.01, bias_factor=3.0)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


def test_muon_sgd_needs_momentum() -> None:
    with pytest.raises(UsageError, match="momentum must be above 0"):
        MuonSGD(momentum=0.0)
