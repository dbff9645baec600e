"""The parts of cifar10/everything, each against what it is meant to compute."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab import recipes
from keras3_lab.initializers import Dirac
from keras3_lab.models import AveragedViews, airbench
from keras3_lab.models.whitening import _eigen, whitening_filters
from keras3_lab.portable import initialize, weights_digest


@pytest.fixture(scope="module")
def splits():
    return recipes.get("cifar10/everything").data(source="sample")[1]


@pytest.fixture(scope="module")
def model(splits):
    """A narrow one, built as the recipe builds its own."""
    model = airbench((4, 6, 8))
    initialize(model, 1)
    recipes.get("cifar10/everything").adapt(model, splits)
    return model


def test_whitened_patches_are_uncorrelated_and_of_one_scale(splits) -> None:
    images = splits.x_train[:300]
    mean, variance = images.mean(axis=(0, 1, 2)), images.var(axis=(0, 1, 2))
    filters = whitening_filters(images, mean, variance, size=2, epsilon=0.0)
    normalized = (images - mean) / np.sqrt(variance)
    windows = np.lib.stride_tricks.sliding_window_view(normalized, (2, 2), axis=(1, 2))
    outputs = np.einsum("nyxcij,ijcf->nyxf", windows, filters).reshape(-1, 24)
    np.testing.assert_array_equal(filters[..., 12:], -filters[..., :12])
    whitened = outputs[:, :12]
    np.testing.assert_allclose(whitened.T @ whitened / len(whitened), np.eye(12), atol=1e-5)


def test_eigenvectors_are_those_of_lapack_with_the_largest_entry_positive() -> None:
    root = np.random.default_rng(0).normal(size=(12, 20))
    matrix = root @ root.T
    values, vectors = _eigen(matrix)
    expected = np.linalg.eigvalsh(matrix)[::-1]
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    np.testing.assert_allclose(matrix @ vectors, vectors * values, atol=1e-12 * expected[0])
    assert (vectors[np.abs(vectors).argmax(axis=0), np.arange(12)] > 0).all()


def test_inference_averages_six_views_and_training_sees_one() -> None:
    network = keras.Sequential([keras.Input((4, 5, 2)), keras.layers.Flatten()])
    images = np.random.default_rng(0).normal(size=(3, 4, 5, 2)).astype("float32")
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    views = [(images, 0.5), (padded[:, :4, :5], 0.25), (padded[:, 2:, 2:], 0.25)]
    expected = sum(weight / 2 * (view + view[:, :, ::-1]) for view, weight in views)
    layer = AveragedViews(network)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(images)), expected.reshape(3, -1), atol=1e-6
    )
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(layer(images, training=True)), images.reshape(3, -1)
    )


def test_dirac_passes_channels_on() -> None:
    convolution = keras.layers.Conv2D(5, 3, padding="same", kernel_initializer=Dirac())
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32")
    convolution.build(images.shape)
    for draw in (lambda: None, lambda: initialize(convolution, 1)):  # Keras's draw, and ours
        draw()
        outputs = keras.ops.convert_to_numpy(convolution(images))
        np.testing.assert_allclose(outputs[..., :3], images, atol=1e-6)
        rest = keras.ops.convert_to_numpy(convolution.kernel)[..., 3:]
        assert 0 < np.abs(rest).max() <= 1 / np.sqrt(3 * 3 * 3)


def test_the_model_knows_its_training_images(model, splits) -> None:
    flip, _, normalization, views = model.layers
    assert int(keras.ops.convert_to_numpy(flip.rows)) == 2 * splits.rows
    mean = splits.x_train.mean(axis=(0, 1, 2))
    np.testing.assert_allclose(np.ravel(normalization.mean), mean, rtol=1e-5)
    whiten = views.layer.get_layer("whiten")
    assert not whiten.trainable_weights
    assert np.abs(keras.ops.convert_to_numpy(whiten.kernel)).min() > 0


def test_cutout_is_there_where_asked_for() -> None:
    kinds = [type(layer).__name__ for layer in airbench((2, 2, 2), cutout=8).layers]
    assert kinds == ["RandomFlip", "RandomShift", "Normalization", "Cutout", "AveragedViews"]


def test_the_dtype_is_that_of_the_groups_alone(splits) -> None:
    model = airbench((2, 2, 2), dtype="mixed_bfloat16")
    network = model.layers[-1].layer
    kinds = {}
    for layer in network.layers:
        kinds.setdefault(type(layer).__name__, set()).add(layer.compute_dtype)
    assert kinds["Conv2D"] == {"float32", "bfloat16"}  # the first whitens
    assert network.get_layer("whiten").compute_dtype == "float32"
    assert kinds["BatchNormalization"] == kinds["MaxPooling2D"] == {"bfloat16"}
    assert kinds["Bias"] == kinds["Dense"] == {"float32"}
    assert {variable.dtype for variable in network.weights} == {"float32"}
    logits = model(splits.x_test[:2].astype("float32"))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


def test_a_saved_model_is_the_same(model, splits, tmp_path) -> None:
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert weights_digest(loaded) == weights_digest(model)
    few = splits.x_test[:4].astype("float32")
    np.testing.assert_array_equal(np.asarray(loaded(few)), np.asarray(model(few)))
