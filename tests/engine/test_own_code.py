"""Steps of one's own: that look at numbers, that call no `call`, that need no compiled loss."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from engine_cases import TARGETS, X, dense
from keras import ops

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.engine.own_code import has_own_code
from keras3_lab.portable import initialize

on_jax = pytest.mark.skipif(keras.config.backend() != "jax", reason="only JAX compiles by it")
on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="JAX needs a model that is built before"
)
seen: list[float] = []


class OwnStep(keras.Model):
    """Looks at the numbers of a batch in its step."""

    def train_step(self, state, data):
        seen.append(float(np.mean(np.asarray(data[0]))))
        return super().train_step(state, data)

    def test_step(self, state, data):
        seen.append(float(np.mean(np.asarray(data[0]))))
        return super().test_step(state, data)

    def predict_step(self, state, data):
        seen.append(float(np.mean(np.asarray(data[0]))))
        return super().predict_step(state, data)


class Counting(keras.layers.Layer):
    """Counts its calls, which nothing keeps from being compiled."""

    def call(self, x):
        seen.append(1.0)
        return x


def counting(x):
    seen.append(1.0)
    return x


def counting_loss(y, predicted):
    seen.append(1.0)
    return ops.mean(ops.square(y - predicted), axis=-1)


def sequential(*layers, loss="mse", metrics=None) -> keras.Model:
    model = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(1)])
    model.compile("sgd", loss, metrics=metrics, jit_compile=False)
    return model


def own_step() -> keras.Model:
    inputs = keras.Input((6,))
    model = OwnStep(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse", jit_compile=False)
    return model


NOT_COMPILED = {
    "step": own_step,
    "layer": lambda: sequential(Counting()),
    "function in a Lambda": lambda: sequential(keras.layers.Lambda(counting)),
    "activation": lambda: sequential(keras.layers.Dense(2, activation=counting)),
    "loss": lambda: sequential(loss=counting_loss),
    "loss for each output": lambda: sequential(loss=[counting_loss]),
    "metric": lambda: sequential(metrics=[counting_loss]),
}


@on_jax
@pytest.mark.parametrize("name", NOT_COMPILED)
def test_code_of_ones_own_is_not_compiled_where_one_asks_for_that(name: str) -> None:
    """It runs at every step, rather than once when the step is traced."""
    model = NOT_COMPILED[name]()
    plan = plan_of(model, X, TARGETS)
    assert (plan.loop, plan.xla) == ("python", False)
    seen.clear()
    keras3_lab.fit(model, X, TARGETS, batch_size=4, shuffle=False, verbose=0)
    assert len(seen) >= 4
    if name == "step":
        np.testing.assert_allclose(seen, [X[i : i + 4].mean() for i in (0, 4, 8, 12)], rtol=1e-5)
        seen.clear()
        keras3_lab.evaluate(model, X, TARGETS, batch_size=8, verbose=0)
        keras3_lab.predict(model, X, batch_size=8, verbose=0)
        assert len(seen) == 4


@on_jax
def test_what_cannot_be_traced_is_not_compiled_where_one_asks_for_that() -> None:
    """Also where nothing gives away that there is code of one's own."""
    import jax  # noqa: TID251

    class Hidden(keras.layers.Layer):
        __module__ = "keras.hidden"

        def call(self, x, training=False):
            return x * float(np.asarray(x).max() > 0) if training else x

    model = sequential(Hidden())
    assert not has_own_code(model)
    plan = plan_of(model, X, TARGETS)
    assert (plan.loop, plan.xla) == ("python", False)
    assert "JAX cannot trace" in plan.reason
    history = keras3_lab.fit(model, X, TARGETS, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    model.compile("sgd", "mse")  # asks for nothing: as in Keras
    # Keras 3.16 frames what a layer raises by a RuntimeError.
    with pytest.raises((jax.errors.JAXTypeError, AttributeError, RuntimeError)):
        keras3_lab.fit(model, X, TARGETS, verbose=0)


def test_code_of_keras_is_no_code_of_ones_own() -> None:
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(4, activation="gelu", kernel_regularizer="l2"),
            keras3_lab.layers.Dropout(0.1),
            keras.layers.Bidirectional(keras.layers.LSTM(3)),
        ][:3]
    )
    for loss, metrics in (("mse", ["mae"]), (keras.losses.Huber(), [keras.metrics.AUC()])):
        model.compile(keras.optimizers.Adam(), loss, metrics=metrics)
        assert not has_own_code(model)
    model.compile("adam", counting_loss)
    assert has_own_code(model)


class Clip(keras.layers.Layer):
    """Computes by NumPy, and says so."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_jit = False

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)

    def call(self, x):
        return ops.convert_to_tensor(np.clip(np.asarray(x), -1, 1))


@on_jax
def test_a_layer_that_must_not_be_traced_sees_numbers() -> None:
    model = sequential(Clip())
    model.compile("sgd", "mse")
    plan = plan_of(model, X, kind="predict")
    assert (plan.loop, plan.xla) == ("python", False)
    assert "layer that XLA cannot compile" in plan.reason
    np.testing.assert_allclose(
        keras3_lab.predict(model, X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )


class Autoencoder(keras.Model):
    """Two networks without a `call`, as GANs and VAEs are written; a metric of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = keras.Sequential([keras.layers.Dense(3, activation="tanh")])
        self.decoder = keras.Sequential([keras.layers.Dense(6)])
        self.tracker = keras.metrics.Mean(name="error")

    @property
    def metrics(self):
        return [self.tracker]

    def error(self, data):
        x = data[0] if isinstance(data, tuple) else data
        return ops.mean(ops.square(self.decoder(self.encoder(x)) - x))

    def train_step(self, data):
        import tensorflow as tf  # noqa: TID251

        with tf.GradientTape() as tape:
            error = self.error(data)
        self.optimizer.apply(tape.gradient(error, self.trainable_weights), self.trainable_weights)
        self.tracker.update_state(error)
        return {"error": self.tracker.result()}

    def test_step(self, data):
        self.tracker.update_state(self.error(data))
        return {"error": self.tracker.result()}

    def predict_step(self, data):
        return self.encoder(data[0] if isinstance(data, tuple) else data)


def autoencoder(built: bool) -> keras.Model:
    model = Autoencoder()
    model.compile("adam")
    keras.utils.set_random_seed(0)
    if built:
        model.decoder(model.encoder(X))
        initialize(model.encoder, 1)
        initialize(model.decoder, 2)
    return model


@pytest.mark.long
@on_tensorflow
@pytest.mark.parametrize("built", [True, False], ids=["built layers", "nothing built"])
def test_a_model_without_a_call_trains_as_in_keras(built: bool) -> None:
    ours, stock = autoencoder(built), autoencoder(built)
    assert plan_of(ours, X).loop == "compiled"
    arguments = {"epochs": 3, "batch_size": 6, "shuffle": False, "verbose": 0}
    history = keras3_lab.fit(ours, X, **arguments).history
    expected = keras.Model.fit(stock, X, **arguments).history
    assert history["error"][-1] < history["error"][0]
    tested = keras3_lab.evaluate(ours, X, verbose=0)
    predicted = keras3_lab.predict(ours, X, verbose=0)
    assert predicted.shape == (16, 3)
    if built:  # else each has drawn weights of its own
        np.testing.assert_allclose(history["error"], expected["error"], rtol=1e-5)
        assert tested == pytest.approx(stock.evaluate(X, verbose=0), rel=1e-5)
        np.testing.assert_allclose(predicted, stock.predict(X, verbose=0), rtol=1e-4, atol=1e-6)


@on_tensorflow
def test_a_call_that_a_step_of_ones_own_does_not_use_builds_nothing() -> None:
    """It is for other inputs: what it would build has the wrong shape."""

    class Generator(Autoencoder):
        def call(self, latent):
            return self.decoder(latent)

    model = Generator()
    model.compile("adam")
    keras3_lab.fit(model, X, verbose=0)
    assert model.decoder.layers[0].kernel.shape == (3, 6)


class OwnTest(keras.Model):
    """Tests without a compiled loss, whose targets would not even fit."""

    def __init__(self) -> None:
        super().__init__()
        self.out, self.power = keras.layers.Dense(3), keras.metrics.Mean(name="power")

    def call(self, x):
        return self.out(x)

    @property
    def metrics(self):
        return [self.power]

    def test_step(self, data):
        self.power.update_state(ops.mean(ops.square(self(data[0]))))
        return {"power": self.power.result()}


@on_tensorflow
def test_a_test_step_of_ones_own_needs_no_compiled_loss() -> None:
    model = OwnTest()
    model(X)
    model.compile("sgd", "mse")
    labels = np.zeros(16, "int32")
    ours = keras3_lab.evaluate(model, X, labels, verbose=0, return_dict=True)
    stock = model.evaluate(X, labels, verbose=0, return_dict=True)
    assert ours == pytest.approx(stock, rel=1e-5)


@on_tensorflow
def test_an_error_in_a_step_is_the_one_that_keras_raises() -> None:
    """Not that of building the model, which is no step of the user's."""

    class Wrong(keras.Model):
        def call(self, x):
            raise RuntimeError("mine")

    model = Wrong()
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="mine") as ours:
        keras3_lab.fit(model, X, TARGETS, verbose=0)
    assert "Unable to automatically build" not in str(ours.value)


def test_no_code_of_ones_own_is_compiled_whatever_a_file_says() -> None:
    plan = plan_of(dense("adam", jit_compile=False), X, TARGETS)
    assert plan.loop == "compiled"
