"""Twins of layers that draw nothing, and train alike on every backend all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from keras3_lab.portable import initialize
from keras3_lab.portable.twins import replace_stock_layers


def embedding() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    model = keras.Sequential(
        [
            keras.Input((10,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ]
    )
    return model, np.random.default_rng(0).integers(0, 9, (32, 10)), np.ones((32, 3))


def spectral() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    wrapped = layers.SpectralNormalization(layers.Dense(16), 2)
    model = keras.Sequential([keras.Input((8,)), wrapped, layers.ReLU(), layers.Dense(3)])
    return model, np.random.default_rng(0).normal(size=(32, 8)), np.ones((32, 3))


def by_adam(gradients: list[np.ndarray]) -> np.ndarray:
    """Return the velocity after these gradients."""
    velocity = np.zeros_like(gradients[0])
    for gradient in gradients:
        velocity += 0.001 * (gradient**2 - velocity)
    return velocity


def test_adam_squares_the_sum_of_the_gradients_of_a_token() -> None:
    model, tokens, y = embedding()
    (name,) = replace_stock_layers(model)
    initialize(model, 3)
    model.compile("adam", "mse")
    kernel, bias = (keras.ops.convert_to_numpy(v) for v in model.layers[-1].weights)
    table = keras.ops.convert_to_numpy(model.get_layer(name).embeddings)
    counts = np.stack([(tokens == token).sum(1) for token in range(9)], 1).astype(float)
    counts[:, 0] = 0  # masked
    shares = counts / counts.sum(1, keepdims=True)
    error = 2 * (shares @ table @ kernel + bias - y) / y.size
    model.train_on_batch(tokens, y)
    (velocity,) = (v for v in model.optimizer.variables if v.path.endswith("embeddings_velocity"))
    expected = by_adam([shares.T @ error @ kernel.T])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(velocity), expected, rtol=2e-4, atol=1e-12
    )


def test_the_kernel_is_divided_by_its_norm_in_training_and_after() -> None:
    model, x, y = spectral()
    replace_stock_layers(model)
    initialize(model, 3)
    model.compile("sgd", "mse")
    for _ in range(60):
        model.train_on_batch(x, y)
    kernel, bias = (keras.ops.convert_to_numpy(v) for v in model.layers[0].layer.weights)
    norm = np.linalg.norm(kernel, 2)
    assert abs(norm - 1) > 0.2  # the kernel itself is kept
    for training in (False, True):
        found = model.layers[0](x.astype("float32"), training=training)
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(found), x @ kernel / norm + bias, atol=2e-2
        )


@pytest.mark.parametrize(
    ("make", "optimizer", "loss"), [(embedding, "adam", 0.9662853), (spectral, "sgd", 0.9710877)]
)
def test_losses_are_the_same_on_every_backend(
    make: Callable[[], tuple[keras.Model, np.ndarray, np.ndarray]],
    optimizer: str,
    loss: float,
    tmp_path: Path,
) -> None:
    model, x, y = make()
    replace_stock_layers(model)
    initialize(model, 3)
    model.compile(optimizer, "mse")
    for _ in range(8):
        found = model.train_on_batch(x, y)
    assert found == pytest.approx(loss, rel=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(x), model.predict(x), rtol=1e-6)
