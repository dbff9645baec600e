"""What Keras does unlike on its backends, or unlike what one expects, as the documentation has it.

A test that fails tells that Keras has mended it: then lint's rule and the documentation can go.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras3_lab import fit
from keras3_lab.parity.record.lint_layers import ZEROS_MENDED
from keras3_lab.private.parts import release

ON_JAX = keras.config.backend() == "jax"
X = np.ones((4, 3), "float32")
X[1] = 0.0
ONES = np.ones((4, 1), "float32")


class Normalize(layers.Layer):
    def call(self, inputs):
        return ops.normalize(inputs)


class Divide(layers.Layer):
    """The remedy."""

    def call(self, inputs):
        return inputs / ops.sqrt(ops.maximum(ops.sum(inputs * inputs, -1, keepdims=True), 1e-12))


def losses(*stack, loss="mse", steps=3):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3, use_bias=False), *stack])
    model.compile("sgd", loss)
    return [model.train_on_batch(X, ONES) for _ in range(steps)]


def test_the_gradient_of_a_normalized_row_of_zeros_is_nan_on_jax() -> None:
    for found in (
        losses(layers.UnitNormalization(), layers.Dense(1)),
        losses(Normalize(), layers.Dense(1)),
        losses(loss=keras.losses.CosineSimilarity()),
    ):
        assert np.isfinite(found[0])
        assert np.isnan(found[-1]) == (ON_JAX and release() < ZEROS_MENDED)
    assert np.isfinite(losses(Divide(), layers.Dense(1))).all()


def test_training_metrics_count_what_is_masked_on_jax() -> None:
    tokens = np.random.default_rng(3).integers(0, 5, (64, 6))
    tokens[:, 4:] = 0
    labels = np.random.default_rng(4).integers(0, 5, (64, 6))
    words = layers.Embedding(5, 4, mask_zero=True)
    model = keras.Sequential(
        [keras.Input((6,), dtype="int32"), words, layers.Dense(5, activation="softmax")]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=shape) for shape in ((5, 4), (4, 5), (5,))])
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.0), loss, weighted_metrics=[loss])
    right = model.evaluate(tokens, labels, verbose=0, return_dict=True)
    alike = (tokens != 0).astype("float32")
    for weight, counted in ((None, ON_JAX), (alike, False)):
        for fitted in (
            model.fit(tokens, labels, sample_weight=weight, verbose=0),
            fit(model, tokens, labels, sample_weight=weight),
        ):
            weighted = fitted.history[loss][0]
            assert (abs(weighted - right[loss]) > 1e-3) == counted


class Measuring(layers.Layer):
    def __init__(self):
        super().__init__()
        self.mean = keras.metrics.Mean(name="mean_output")

    def call(self, inputs):
        self.mean.update_state(inputs)
        return inputs


def test_a_metric_that_a_layer_updates_is_lost_on_jax() -> None:
    model = keras.Sequential([keras.Input((3,)), Measuring(), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert fit(model, X, ONES, epochs=1).history["mean_output"][0] == (0.0 if ON_JAX else 0.75)
    if ON_JAX:
        with pytest.raises(TypeError, match="Measuring"):
            model.fit(X, ONES, verbose=0)


class Assigning(layers.Layer):
    """Divides its kernel by its largest entry, which it keeps in a weight."""

    def __init__(self, cut):
        super().__init__()
        self.cut = cut
        self.kernel = self.add_weight(shape=(3, 3), initializer="ones")
        self.largest = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, inputs):
        largest = ops.max(self.kernel)
        self.largest.assign(ops.stop_gradient(largest) if self.cut else largest)
        return ops.matmul(inputs, self.kernel / self.largest)


@pytest.mark.parametrize("cut", [False, True])
def test_the_gradient_flows_through_an_assigned_weight_on_jax(cut: bool) -> None:
    model = keras.Sequential([keras.Input((3,)), Assigning(cut)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    kernel = np.arange(1.0, 10.0).reshape(3, 3)
    model.layers[0].kernel.assign(kernel)
    model.train_on_batch(X, np.ones((4, 3)))
    moved = ops.convert_to_numpy(model.layers[0].kernel) - kernel
    through_the_norm = not np.isclose(moved[2, 2], moved[1, 2])
    assert through_the_norm == (ON_JAX and not cut)


def test_schedule_free_adamw_reads_its_old_momentum_too_late_on_tensorflow() -> None:
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    optimizer = keras.optimizers.ScheduleFreeAdamW(0.1, warmup_steps=0, weight_decay=0.0)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, lambda y, y_pred: ops.mean(y_pred))
    for _ in range(2):
        model.train_on_batch(ONES, ONES)
    # The momentum goes from 1 to 0.9 and 0.8; the average from 0.9 to 0.85.
    found = ops.convert_to_numpy(model.layers[0].kernel)
    assert np.isclose(found, 0.1 * 0.8 + 0.9 * 0.85, atol=1e-5) == ON_JAX
    if not ON_JAX:  # as if the momentum had been 0.8 before
        average = ((0.9 - 0.1 * 0.8) / 0.9 + 0.8) / 2
        assert np.isclose(found, 0.1 * 0.8 + 0.9 * average, atol=1e-5)


def test_the_states_of_a_stateful_layer_are_not_carried_on_by_jax() -> None:
    layer = layers.SimpleRNN(1, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(4, 3, 1)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    series = X.reshape(4, 3, 1)
    first, second = (model.train_on_batch(series, ONES) for _ in range(2))
    assert (first == second) == ON_JAX
    assert not {id(state) for state in layer.states} & {id(v) for v in model.variables}


def test_lora_is_saved_merged_and_loaded_with_zeros(tmp_path) -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.layers[0].enable_lora(1)
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.ones((4, 2)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), 1e-6)
    layer, other = model.layers[0], loaded.layers[0]
    assert np.any(ops.convert_to_numpy(layer.lora_kernel_a))
    assert not np.any(ops.convert_to_numpy(other.lora_kernel_a))
    assert other.lora_enabled
