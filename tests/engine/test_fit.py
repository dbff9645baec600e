"""`fit` beyond its equality with `model.fit`: order, resuming, callbacks, programs, errors."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from engine_cases import LABELS, ROWS, TARGETS, X, classifier, dense

import keras3_lab
from keras3_lab.errors import UsageError
from keras3_lab.layers import Dropout
from keras3_lab.portable import batch_order, initialize


def test_every_row_is_trained_once_an_epoch_in_the_seeds_order() -> None:
    """A model whose weight adds up what it sees: the order shows in the running sum."""
    seen: list[float] = []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(np.asarray(self.model.layers[-1].kernel)[0, 0]))

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    # The gradient of mean(w·x·y) is mean(x·y): with SGD(1) the weight falls by it.
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: keras.ops.mean(p * y))
    model.set_weights([np.zeros((1, 1))])
    values = np.arange(10, dtype="float32").reshape(-1, 1)
    keras3_lab.fit(
        model, values, np.ones(10), batch_size=4, callbacks=[Recorder()], verbose=0, seed=5
    )
    order = batch_order(5, 0, 10)
    means = [values[order[start : start + 4]].mean() for start in (0, 4, 8)]
    np.testing.assert_allclose(seen, -np.cumsum(means), rtol=1e-6)


def test_seed_decides_the_run() -> None:
    def weights(seed: int) -> np.ndarray:
        model = classifier()
        keras3_lab.fit(model, X, LABELS, epochs=2, verbose=0, seed=seed)
        return np.asarray(model.layers[0].kernel)

    np.testing.assert_array_equal(weights(3), weights(3))
    assert not np.array_equal(weights(3), weights(4))


def test_resuming_continues_the_same_run() -> None:
    whole, halves = classifier(), classifier()
    keras3_lab.fit(whole, X, LABELS, epochs=4, verbose=0)
    keras3_lab.fit(halves, X, LABELS, epochs=2, verbose=0)
    history = keras3_lab.fit(halves, X, LABELS, initial_epoch=2, epochs=4, verbose=0)
    assert history.epoch == [2, 3]
    for one, other in zip(whole.get_weights(), halves.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_callbacks_see_current_weights_and_can_change_them(tmp_path) -> None:
    rates: list[float] = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(float(np.asarray(self.model.optimizer.learning_rate)))
            predicted = self.model.evaluate(X, LABELS, verbose=0, return_dict=True)
            assert predicted["accuracy"] == pytest.approx(logs["val_accuracy"], abs=1e-6)

    model = classifier()
    history = keras3_lab.fit(
        model,
        X,
        LABELS,
        epochs=6,
        validation_data=(X, LABELS),
        verbose=0,
        callbacks=[
            Watch(),
            keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 * 0.1**epoch),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
            keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        ],
    )
    assert rates == pytest.approx([0.5 * 0.1**epoch for epoch in range(len(rates))], rel=1e-6)
    best = min(history.history["val_loss"])
    final = keras3_lab.evaluate(model, X, LABELS, verbose=0, return_dict=True)
    assert final["loss"] == pytest.approx(best, rel=1e-5)
    restored = keras.models.load_model(tmp_path / "best.keras")
    for one, other in zip(model.weights, restored.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == len(rates) + 1


def test_compiling_again_changes_what_runs() -> None:
    model = classifier()
    keras3_lab.fit(model, X, LABELS, verbose=0)
    before = [np.asarray(w) for w in model.weights]
    model.compile(keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(True))
    keras3_lab.fit(model, X, LABELS, verbose=0)
    for old, new in zip(before[:2], model.weights[:2], strict=True):
        np.testing.assert_array_equal(old, new)


def test_second_fit_does_not_compile_again() -> None:
    from keras3_lab.engine.interface import program

    model = classifier()
    keras3_lab.fit(model, X, LABELS, verbose=0)
    spent = program(model, "train").compile_s
    keras3_lab.fit(model, X, LABELS, verbose=0)
    assert program(model, "train").compile_s == spent > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"batch_size": 0}, "batch_size must be 1 or more; received: 0")],
)
def test_bad_arguments_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        keras3_lab.fit(classifier(), X, LABELS, verbose=0, **arguments)


def test_unequal_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="cardinality"):
        keras3_lab.fit(classifier(), X, LABELS[:-1], verbose=0)


def test_trace_gives_the_metrics_of_every_step() -> None:
    """A program of kind "trace" trains the same, but each step reports itself alone."""
    from keras3_lab.engine.data import Batches
    from keras3_lab.engine.interface import program

    trained, traced = classifier(), classifier()
    losses = []

    class PerStep(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.reset_metrics()

        def on_train_batch_end(self, batch, logs=None):
            losses.append(logs["loss"])

    trained.fit(X, LABELS, shuffle=False, verbose=0, batch_size=4, callbacks=[PerStep()])
    batches = Batches.from_arrays(X, LABELS, batch_size=4)
    traced._symbolic_build(data_batch=batches.example())
    (rows,) = batches.rows()
    logs = program(traced, "trace").run(batches.arrays, rows)
    assert np.asarray(logs["loss"]).shape == (4,)
    np.testing.assert_allclose(logs["loss"], np.asarray(losses, "float32"), rtol=1e-5)
    for one, other in zip(trained.get_weights(), traced.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_gradients_are_those_of_a_training_step() -> None:
    """Of one with a penalty, a mask and statistics of the batch; and nothing is left of it."""
    from keras3_lab.engine.interface import backend

    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, kernel_regularizer="l2")(inputs)
    hidden = Dropout(0.4)(keras.layers.BatchNormalization()(hidden))
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    initialize(model, 1)
    model.compile(keras.optimizers.SGD(1.0), "mae")
    before = [np.asarray(variable) for variable in model.variables]
    weights = [np.asarray(variable) for variable in model.trainable_variables]
    gradients = backend().gradients(model, (X, TARGETS))
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))
    keras3_lab.fit(model, X, TARGETS, batch_size=ROWS, shuffle=False, verbose=0)
    assert len(gradients) == len(weights)
    for old, new, gradient in zip(weights, model.trainable_variables, gradients, strict=True):
        np.testing.assert_allclose(old - np.asarray(new), gradient, rtol=1e-4, atol=1e-6)


def test_floats_become_floatx_and_integers_are_kept() -> None:
    from keras3_lab.engine.data import Batches

    pixels = np.arange(12, dtype="uint8").reshape(3, 4)
    x, y, weight = Batches.from_arrays(pixels, LABELS[:3], np.ones(3)).take(slice(1, 3))
    kinds = [keras.backend.standardize_dtype(array.dtype) for array in (x, y, weight)]
    assert kinds == ["uint8", "uint8", "float32"]
    np.testing.assert_array_equal(np.asarray(x), pixels[1:])


def test_a_model_of_averaged_weights_is_evaluated_and_trained_on() -> None:
    model = dense(keras.optimizers.Adam(use_ema=True))
    for _ in range(2):
        keras3_lab.fit(model, X, TARGETS, verbose=0)
        keras3_lab.evaluate(model, X, TARGETS, verbose=0)
    assert np.all(np.isfinite(model.layers[0].kernel.numpy()))
