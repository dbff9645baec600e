"""What the notes got wrong about CIFAR-10, shown."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab import findings, losses, recipes

ZEROS, LABELS = np.zeros((2, 10), "float32"), np.array([3, 7])


def layers(model: keras.Model, kind: type) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_the_notes_validate_on_rows_that_they_train_on() -> None:
    for name in ("cifar10/cnn", "cifar10/cnn-batch-norm"):
        _, parts = recipes.get(name).variant("as-noted").data(source="sample")
        trained = {x.tobytes() for x in parts.x_train}
        assert all(x.tobytes() in trained for x in parts.x_val)
        assert len(parts.x_train) == 2_000


def test_validation_rows_have_equal_shares_of_the_classes() -> None:
    _, parts = recipes.get("cifar10/cnn").data(source="sample")
    assert set(np.bincount(parts.y_train)) == {160}
    assert set(np.bincount(parts.y_val)) == {40}


def test_the_notes_validate_dense_on_the_last_rows() -> None:
    """`fit(validation_split=0.2)` takes them from the end, before it shuffles."""
    dataset, parts = recipes.get("cifar10/dense").data(source="sample")
    assert [len(y) for y in (parts.y_train, parts.y_val, parts.y_test)] == [1_280, 320, 400]
    ours = {x.tobytes() for x in dataset.x_test.astype("float32")}
    assert not any(x.tobytes() in ours for x in parts.x_test)


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


def test_the_notes_output_is_relu_and_ours_are_logits() -> None:
    for name in ("cifar10/cnn", "cifar10/cnn-batch-norm"):
        recipe = recipes.get(name)
        assert recipe.variant("as-noted").model().layers[-1].activation is keras.activations.relu
        assert recipe.model().layers[-1].activation is keras.activations.linear


def test_the_notes_have_one_relu_too_many() -> None:
    def activations(variant: str) -> list[str]:
        model = recipes.get("cifar10/cnn-batch-norm").variant(variant).model()
        return [layer.activation.__name__ for layer in layers(model, keras.layers.Conv2D)]

    assert activations("corrected") == ["linear"] * 6
    assert activations("as-noted") == ["linear"] * 5 + ["relu"]


def test_a_normalization_that_was_never_adapted_does_nothing() -> None:
    recipe = recipes.get("cifar10/dense")
    _, parts = recipe.data(source="sample")
    (noted,) = layers(recipe.variant("as-noted").build(parts), keras.layers.Normalization)
    np.testing.assert_array_equal(np.asarray(noted(parts.x_train)), parts.x_train)
    (mended,) = layers(recipe.build(parts), keras.layers.Normalization)
    normalized = np.asarray(mended(parts.x_train))
    assert abs(normalized.mean()) < 0.01
    assert abs(normalized.std() - 1) < 0.01


def test_raw_pixels_keep_dense_from_learning(tmp_path) -> None:
    records = [
        keras3_lab.run(
            "cifar10/dense", variant=variant, data="sample", seed=1, epochs=6, out=tmp_path
        ).record
        for variant in ("as-noted", "corrected")
    ]
    noted, mended = (record["history"]["loss"] for record in records)
    assert noted[0] > 20 * mended[0]
    noted, mended = (record["metrics"]["test_accuracy"] for record in records)
    assert noted < mended - 0.2


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


def test_raw_pixels_kill_the_units_of_dense(tmp_path) -> None:
    def silent(variant: str) -> int:
        run = keras3_lab.run(
            "cifar10/dense", variant=variant, data="sample", seed=1, epochs=1, out=tmp_path
        )
        return run.record["findings"][0]["rows"][0][2]

    assert silent("as-noted") > 50
    assert silent("corrected") < 5
