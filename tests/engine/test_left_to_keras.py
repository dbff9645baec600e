"""What the engine does not run goes to Keras's own functions, and `plan_of` says why."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from engine_cases import TARGETS, X, dense

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.engine.by_keras import why_by_keras

JAX = keras.config.backend() == "jax"
CALLS = {
    "train": lambda model: keras3_lab.fit(model, X, TARGETS, shuffle=False, verbose=0),
    "test": lambda model: keras3_lab.evaluate(model, X, TARGETS, verbose=0),
    "predict": lambda model: keras3_lab.predict(model, X, verbose=0),
}


def assert_left_to_keras(model: keras.Model, kind: str, reason: str) -> None:
    plan = plan_of(model, X, TARGETS, kind=kind)
    assert plan.loop == "keras"
    assert reason in plan.reason


@pytest.mark.parametrize("kind", CALLS)
def test_a_function_of_ones_own_is_made_and_called(kind: str) -> None:
    made = []

    class Own(keras.Sequential):
        pass

    def make(self, force=False):
        made.append(kind)
        return getattr(keras.Sequential, f"make_{kind}_function")(self, force)

    setattr(Own, f"make_{kind}_function", make)
    model = Own([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for other in CALLS.keys() - {kind}:
        assert plan_of(model, X, TARGETS, kind=other).loop == "compiled"
    assert_left_to_keras(model, kind, f"a `make_{kind}_function` of its own")
    CALLS[kind](model)
    assert made == [kind]


def test_validation_by_a_function_of_ones_own() -> None:
    class Own(keras.Sequential):
        tested = False

        def make_test_function(self, force=False):
            super().make_test_function(force)
            Own.tested = True

    model = Own([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    keras3_lab.fit(model, X, TARGETS, verbose=0)
    assert not Own.tested
    history = keras3_lab.fit(model, X, TARGETS, validation_split=0.5, verbose=0)
    assert Own.tested
    assert "val_loss" in history.history


def test_validation_by_an_evaluate_of_ones_own() -> None:
    class Own(keras.Sequential):
        def evaluate(self, *args, **kwargs):
            return {**super().evaluate(*args, **kwargs), "mine": 3.0}

    model = Own([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = keras3_lab.fit(model, X, TARGETS, validation_data=(X, TARGETS), verbose=0)
    assert history.history["val_mine"] == [3.0]


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("kind", CALLS)
def test_a_function_set_by_hand_is_called(kind: str, every: int) -> None:
    """By one's hand, not by Keras in a call before: that leaves a function there, too."""
    model, called = dense(steps_per_execution=every), []
    getattr(keras.Model, {"train": "fit", "test": "evaluate", "predict": "predict"}[kind])(
        model, X, *([] if kind == "predict" else [TARGETS]), verbose=0
    )
    stock = getattr(model, f"{kind}_function")
    assert stock is not None
    assert plan_of(model, X, TARGETS, kind=kind).loop == "compiled"

    @functools.wraps(stock)  # copies its module, too
    def own(*args):
        called.append(kind)
        return stock(*args)

    setattr(model, f"{kind}_function", own)
    assert_left_to_keras(model, kind, f"`{kind}_function` was set by hand")
    CALLS[kind](model)
    assert called
    model.compile("sgd", "mse")  # takes it away
    assert plan_of(model, X, TARGETS, kind=kind).loop == "compiled"


@pytest.mark.skipif(JAX, reason="TensorFlow alone has them")
def test_a_model_of_a_strategy_without_replicas_trains_as_in_keras() -> None:
    import tensorflow as tf  # noqa: TID251

    def distributed(train) -> np.ndarray:
        with tf.distribute.OneDeviceStrategy("cpu:0").scope():
            model = dense("adam")
        assert_left_to_keras(model, "train", "OneDeviceStrategy` distributes it")
        train(model, X, TARGETS, shuffle=False, verbose=0)
        return np.asarray(model.layers[0].kernel)

    ours, stock = distributed(keras3_lab.fit), distributed(keras.Model.fit)
    np.testing.assert_array_equal(ours, stock)
    assert why_by_keras(dense(), "train") is None


@pytest.mark.skipif(JAX, reason="TensorFlow alone has them")
def test_a_model_of_variables_from_a_strategy() -> None:
    """Made outside of its scope, of layers that were built inside."""
    import tensorflow as tf  # noqa: TID251

    with tf.distribute.MirroredStrategy(["cpu:0"]).scope():
        layer = keras.layers.Dense(1)
        layer.build((None, 6))
        assert why_by_keras(dense(), "train") is None
    model = keras.Sequential([keras.Input((6,)), layer])
    model.compile("sgd", "mse")
    assert why_by_keras(model, "train") == "`tf.distribute` distributes its variables"


def test_shuffling_within_batches_is_left_to_keras() -> None:
    """Batches stay what they are; within one, the order shows in nothing."""
    stock, ours = dense(), dense()
    x, y = np.sort(X, axis=0), TARGETS
    seen: list[float] = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(logs["loss"]))

    for model, fit in ((stock, keras.Model.fit), (ours, keras3_lab.fit)):
        fit(model, x, y, batch_size=4, shuffle="batch", verbose=0, callbacks=[Watch()])
    np.testing.assert_allclose(seen[:4], seen[4:], rtol=1e-5)


def test_no_epochs_train_nothing() -> None:
    called = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            called.append("begin")

        def on_train_end(self, logs=None):
            called.append("end")

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(use_ema=True), "mse")
    history = keras3_lab.fit(model, X, TARGETS, epochs=0, verbose=0, callbacks=[Watch()])
    assert (history.history, history.epoch, called) == ({}, [], ["begin", "end"])
    assert model.built
    # The average, which stands at zero before the first step, is not written into the model.
    assert np.any(np.asarray(model.layers[0].kernel))
    trained = dense("adam")
    keras3_lab.fit(trained, X, TARGETS, epochs=2, initial_epoch=2, verbose=0)
    assert int(np.asarray(trained.optimizer.iterations)) == 0


def test_unknown_arguments_are_refused_as_by_keras() -> None:
    with pytest.raises(ValueError, match=r"Arguments not recognized: \{'colour': 1\}"):
        keras3_lab.evaluate(dense(), X, TARGETS, verbose=0, colour=1)
    for function in (keras3_lab.fit, keras3_lab.predict):
        with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
            function(dense(), X, colour=1)
