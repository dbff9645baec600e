"""Dense networks: what they normalize by, and how they are built."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab import models, recipes


@pytest.mark.parametrize(
    ("name", "axes"), [("fmnist/functional-early-stopping", (0, 1)), ("cifar10/dense", (0, 1, 2))]
)
def test_pixels_are_normalized_by_the_training_rows_alone(name: str, axes) -> None:
    recipe = recipes.get(name)
    _, parts = recipe.data(source="sample")
    (layer,) = (
        layer
        for layer in recipe.build(parts).layers
        if isinstance(layer, keras.layers.Normalization)
    )
    pixels = parts.x_train.astype("float64")
    np.testing.assert_allclose(np.ravel(layer.mean), pixels.mean(axis=axes), rtol=1e-5, atol=1e-5)
    variance = pixels.var(axis=axes)
    np.testing.assert_allclose(np.ravel(layer.variance), variance, rtol=1e-4, atol=1e-4)


def test_a_normalization_that_was_never_adapted_does_nothing() -> None:
    recipe = recipes.get("cifar10/dense").variant("as-noted")
    _, parts = recipe.data(source="sample")
    (layer,) = (
        layer
        for layer in recipe.build(parts).layers
        if isinstance(layer, keras.layers.Normalization)
    )
    np.testing.assert_array_equal(np.asarray(layer(parts.x_val)), parts.x_val)


def test_the_notes_batch_normalization_serves_two_layers() -> None:
    def calls(batch_norm: str) -> list[int]:
        model = models.normalized_mlp(batch_norm=batch_norm)
        return [
            len(layer._inbound_nodes)
            for layer in model.layers
            if isinstance(layer, keras.layers.BatchNormalization)
        ]

    assert calls("shared") == [2]
    assert calls("own") == [1, 1]


def test_dropout_drops_three_units_in_ten() -> None:
    """0.003 is more than nine standard deviations of the share in 2 million draws."""
    dropout = models.mlp((100,), dropout=0.3).layers[2]
    ones = np.ones((20_000, 100), "float32")
    found = np.asarray(dropout(ones, training=True))
    assert np.mean(found == 0) == pytest.approx(0.3, abs=0.003)
    assert found.max() == pytest.approx(1 / 0.7)
    np.testing.assert_array_equal(np.asarray(dropout(ones)), ones)


def test_layers_of_the_named_way_have_names() -> None:
    named = models.sigmoid_mlp("named layers")
    assert named.name == "fashion_mnist_model"
    assert [layer.name for layer in named.layers[1:]] == ["hidden", "output"]


def test_a_name_with_spaces_and_other_scripts_trains_here() -> None:
    layers = [keras.Input((2,)), keras.layers.Dense(1)]
    model = keras.Sequential(layers, name="패션 MNIST 모델")
    model.compile("sgd", "mse")
    x = np.ones((4, 2))
    if keras.config.backend() == "tensorflow":
        with pytest.raises(ValueError, match="not a valid root scope name"):
            model.fit(x, x[:, 0], verbose=0)
    assert keras3_lab.fit(model, x, x[:, 0], verbose=0).history["loss"][0] > 0
