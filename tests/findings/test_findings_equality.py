"""Different ways to say the same thing."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab import findings
from keras3_lab.portable import initialize
from keras3_lab.splits import Splits


def model(seed: int) -> keras.Model:
    flat = keras.layers.Flatten()
    made = keras.Sequential([keras.Input((2, 2)), flat, keras.layers.Dense(10, "softmax")])
    initialize(made, seed)
    return made


@pytest.fixture
def parts() -> Splits:
    x = np.random.default_rng(0).uniform(size=(20, 2, 2)).astype("float32")
    y = np.arange(20) % 10
    return Splits(x, y, x, y, x, y)


def test_weights_and_losses_are_compared_bit_for_bit(outcome, parts) -> None:
    losses = {
        "a": [2.0, 1.0],
        "b": [2.0, 1.0],
        "loss": [2.0, np.nextafter(1.0, 2)],
        "w": [2.0, 1.0],
    }
    arms = {"a": model(1), "b": model(1), "loss": model(1), "w": model(1)}
    kernel = arms["w"].weights[0]
    kernel.assign(kernel + np.float32(1e-7))
    histories = {arm: {"loss": values} for arm, values in losses.items()}
    (found,) = findings.same_numbers(outcome("fmnist/sigmoid-mlp", parts, arms, histories))
    assert [row[-1] for row in found.rows] == ["yes", "yes", "no", "no"]
    assert [row[:3] for row in found.rows] == [(arm, 50, losses[arm][-1]) for arm in arms]
    assert found.columns[-1] == "bit for bit as a"


def test_cross_entropies_are_told_as_they_are(outcome, parts) -> None:
    histories = {"sparse": {"loss": [2.0, 1.0]}, "one-hot": {"loss": [2.5, 0.75]}}
    arms = {"sparse": model(1), "one-hot": model(2)}
    (found,) = findings.same_losses(outcome("mnist/losses", parts, arms, histories))
    values = [value for _, value in found.rows]
    assert values[:3] == [1.0, 0.75, 0.5]
    kernel, bias = arms["one-hot"].get_weights()
    logits = parts.x_val.reshape(20, 4) @ kernel + bias
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(20), parts.y_val]).mean()
    assert values[3:] == pytest.approx([expected] * 2, rel=1e-5)
