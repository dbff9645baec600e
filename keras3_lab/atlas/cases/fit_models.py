"""Cases of what stock `fit`, `evaluate` and `predict` report, of models with something special."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, Procedure, numbers
from keras3_lab.atlas.cases.fit import COMMON, X, Y, fixed, plain

layers, ops = keras.layers, keras.ops


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for symbol, what, run in [*_SPECIAL, *_MIXED]:
        yield Procedure(f"fit.{symbol}", what, function=run)


def _trained(make: Callable[[], Any], x: Any = X, y: Any = Y, **options: Any) -> Callable[[], Any]:
    """Train what is made; return history, evaluation, prediction and all variables."""

    def run() -> Any:
        model = make()
        if not model.compiled:
            model.compile(keras.optimizers.SGD(0.1), **{"loss": "mse"} | options)
        history = model.fit(x, y, epochs=2, **COMMON).history
        said = model.evaluate(x, y, batch_size=4, verbose=0)
        shown = model.predict(x, batch_size=4, verbose=0)
        return [history, said, shown, [v.value for v in model.variables if "seed" not in v.path]]

    return run


def _behind(*more: Callable[[], Any]) -> Callable[[], Any]:
    """Return what makes a model of a dense layer, given layers and another dense layer."""
    return lambda: fixed(
        keras.Sequential(
            [keras.Input((2,)), layers.Dense(3), *[make() for make in more], layers.Dense(1)]
        )
    )


class _AddsLoss(keras.layers.Layer):
    """Adds a loss."""

    def call(self, x: Any) -> Any:
        self.add_loss(0.1 * ops.mean(ops.square(x)))
        return x


class _Counts(keras.layers.Layer):
    """Counts its calls and keeps a mean, in variables of its own."""

    def build(self, shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.mean = self.add_weight(shape=(3,), initializer="zeros", trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.count.assign_add(1.0)
            self.mean.assign(0.5 * self.mean + 0.5 * ops.mean(x, axis=0))
        return x + self.mean


class _AssignsTrainable(keras.layers.Layer):
    """Assigns a weight that is trained, and uses it in the same call."""

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape=(3,), initializer="ones")

    def call(self, x: Any) -> Any:
        self.scale.assign(0.9 * self.scale)
        return x * self.scale


class _Measures(keras.layers.Layer):
    """Updates a metric in its call."""

    def build(self, shape: Any) -> None:
        self.measured = keras.metrics.Mean(name="measured")

    def call(self, x: Any) -> Any:
        self.measured.update_state(x)
        return x


class _Named(keras.Model):
    """A model of one layer; named, for a name that begins with _ is refused on TensorFlow."""

    def __init__(self) -> None:
        super().__init__(name="named")
        self.dense = layers.Dense(1, kernel_initializer="ones")


class _Own(_Named):
    """Computes its loss and a metric by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.error = keras.metrics.Mean(name="error")

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any
    ) -> Any:
        """Return the squared error, and count it."""
        error = ops.mean(ops.square(y - y_pred))
        self.error.update_state(error)
        return error


class _AddsLosses(keras.layers.Layer):
    """Adds a loss that is no single number."""

    def call(self, x: Any) -> Any:
        self.add_loss(0.1 * ops.square(x))
        return x


class _Loops(_Named):
    """_Loops by Python over the rows of a tensor."""

    def call(self, x: Any) -> Any:
        return ops.stack([ops.sum(row, keepdims=True) for row in self.dense(x)])


class _Measured(_Named):
    """Takes the number of rows for a number of Python's."""

    def call(self, x: Any) -> Any:
        return self.dense(x) * float(x.shape[0])


def _frozen() -> Any:
    model = _behind(layers.BatchNormalization)()
    model.layers[0].trainable = False
    return model


def _all_frozen() -> Any:
    model = plain()
    model.trainable = False
    return model


def _recompiled() -> Any:
    model = _frozen()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before = model.fit(X, Y, **COMMON).history
    model.layers[0].trainable = True
    during = model.fit(X, Y, **COMMON).history
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return [before, during, model.fit(X, Y, **COMMON).history, model.get_weights()]


def _shared() -> Any:
    first, second = keras.Input((2,)), keras.Input((2,))
    dense = layers.Dense(1)
    return fixed(keras.Model([first, second], layers.Add()([dense(first), dense(second)])))


def _named() -> Any:
    inputs = {name: keras.Input((2,), name=name) for name in ("u", "v")}
    return fixed(keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([*inputs.values()]))))


def _loss_alone() -> Any:
    inputs = keras.Input((2,))
    return fixed(keras.Model(inputs, _AddsLoss()(layers.Dense(1)(inputs))))


def _without_truth() -> Any:
    model = _loss_alone()
    model.compile(keras.optimizers.SGD(0.1), None)
    return [model.fit(X, epochs=2, **COMMON).history, model.get_weights()]


def _stateful(kind: type) -> Callable[[], Any]:
    def run() -> Any:
        inputs = keras.Input((3, 1), batch_size=2)
        model = keras.Model(inputs, kind(2, stateful=True)(inputs))
        fixed(model).compile(keras.optimizers.SGD(0.1), "mse")
        x, y = numbers(4, 3, 1), numbers(4, 2)
        first = model.predict(x, batch_size=2, verbose=0)
        again = model.predict(x, batch_size=2, verbose=0)
        history = model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0).history
        model.layers[-1].reset_states()
        return [first, again, history, model.predict(x, batch_size=2, verbose=0)]

    return run


class _Steps(_Named):
    """Has a step of its own, as guides for TensorFlow show it."""

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def _variable_in_loss() -> Any:
    """Return losses that are scaled by a variable, which a callback sets."""
    scale = keras.Variable(1.0)
    model = plain()
    model.compile(
        keras.optimizers.SGD(0.1), lambda y, output: scale * ops.mean(ops.square(y - output))
    )
    call = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: scale.assign(epoch))
    return model.fit(X, Y, epochs=3, callbacks=[call], **COMMON).history


def _variable_in_layer() -> Any:
    """Return predictions before and after a variable is assigned that belongs to no layer."""
    scale = keras.Variable(1.0)
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layers.Lambda(lambda x: x * scale)(inputs))
    before = model.predict(X, verbose=0)
    scale.assign(3.0)
    return [before, model.predict(X, verbose=0)]


def _order_of_outputs() -> Any:
    inputs = keras.Input((2,))
    model = keras.Model(inputs, {name: layers.Dense(1)(inputs) for name in "ba"})
    return list(fixed(model).predict(X, verbose=0))


def _untrained_names(name: str) -> Callable[[], Any]:
    def run() -> Any:
        model = keras.Sequential([keras.Input((2,)), layers.Dense(1)], name=name)
        return _trained(lambda: fixed(model))()

    return run


_L2, _L1 = keras.regularizers.L2, keras.regularizers.L1
_SPECIAL: list[tuple[str, str, Callable[[], Any]]] = [
    ("history", "batch-normalization", _trained(_behind(layers.BatchNormalization))),
    ("history", "layer-normalization", _trained(_behind(layers.LayerNormalization))),
    ("history", "frozen-layer", _trained(_frozen)),
    ("history", "all-frozen", _trained(_all_frozen)),
    ("history", "thawed", _recompiled),
    ("history", "l2", _trained(lambda: plain(kernel_regularizer=_L2(0.1)))),
    ("history", "l1-at-zero", _trained(lambda: plain(bias_regularizer=_L1(0.1)), y=0 * Y)),
    ("history", "activity", _trained(lambda: plain(activity_regularizer=_L2(0.1)))),
    ("history", "constrained", _trained(lambda: plain(kernel_constraint="non_neg"))),
    ("history", "unit-norm", _trained(lambda: plain(kernel_constraint="unit_norm"))),
    ("history", "added-loss", _trained(_behind(_AddsLoss))),
    ("history", "added-loss-alone", _without_truth),
    ("history", "layer-counts", _trained(_behind(_Counts))),
    ("history", "layer-assigns-trained", _trained(_behind(_AssignsTrainable))),
    ("history", "layer-measures", _trained(_behind(_Measures))),
    ("history", "added-losses", _trained(_behind(_AddsLosses))),
    ("history", "loops", _trained(_Loops)),
    ("history", "counts-rows", _trained(_Measured)),
    ("history", "own-loss-in-model", _trained(_Own)),
    ("history", "shared-layer", _trained(_shared, [X, X + 1])),
    ("history", "named-inputs", _trained(_named, {"v": X, "u": X + 1})),
    ("history", "named-inputs-too-many", _trained(_named, {"v": X, "u": X + 1, "w": X})),
    ("history", "named-inputs-listed", _trained(_named, [X, X + 1])),
    (
        "history",
        "float32-layer-of-half-model",
        _trained(_behind(lambda: layers.Dense(2, dtype="float16"))),
    ),
    ("history", "name-with-blank", _untrained_names("a model")),
    ("history", "name-not-ascii", _untrained_names("모델")),
    ("history", "own-train-step", _trained(_Steps)),
    ("history", "variable-in-loss", _variable_in_loss),
    ("history", "constant-loss", _trained(plain, loss=lambda y, output: 1.0)),
    ("predict", "variable-in-layer", _variable_in_layer),
    ("predict", "order-of-outputs", _order_of_outputs),
    ("predict", "stateful-simple", _stateful(layers.SimpleRNN)),
    ("predict", "stateful-lstm", _stateful(layers.LSTM)),
    ("predict", "stateful-gru", _stateful(layers.GRU)),
]


def _mixed(policy: str, **more: Any) -> Callable[[], Any]:
    """Train under a mixed policy; numbers as coarse as it computes."""

    def run() -> Any:
        with _policy(policy):
            model = fixed(
                keras.Sequential(
                    [
                        keras.Input((2,)),
                        layers.Dense(4, "tanh"),
                        layers.BatchNormalization(),
                        layers.Dense(1),
                    ]
                )
            )
            optimizer = more.get("optimizer", lambda: keras.optimizers.SGD(0.1))()
            model.compile(optimizer, "mse", metrics=["mae"])
            history = model.fit(X, Y * more.get("scale", 1.0), epochs=2, **COMMON).history
            predicted = model.predict(X, batch_size=4, verbose=0)
        coarse = "float16"  # bfloat16 has no array; its numbers are compared as float16
        return {
            "history": {k: np.array(v, coarse) for k, v in history.items()},
            "predicted": ops.cast(predicted, coarse),
            "dtype": keras.backend.standardize_dtype(predicted.dtype),
            "weights": [np.array(w, coarse) for w in model.get_weights()],
            "dtypes": [v.dtype for v in model.variables],
            "optimizer": type(model.optimizer).__name__,
            "scale": getattr(getattr(model.optimizer, "dynamic_scale", None), "value", 0.0),
        }

    return run


@contextlib.contextmanager
def _policy(name: str) -> Iterator[None]:
    """Let a policy be the one of all layers made inside."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


_MIXED: list[tuple[str, str, Callable[[], Any]]] = [
    ("mixed", "mixed_float16", _mixed("mixed_float16")),
    ("mixed", "mixed_float16-adam", _mixed("mixed_float16", optimizer=keras.optimizers.Adam)),
    ("mixed", "mixed_float16-overflow", _mixed("mixed_float16", scale=1e5)),
    ("mixed", "mixed_bfloat16", _mixed("mixed_bfloat16")),
    ("mixed", "mixed_bfloat16-adam", _mixed("mixed_bfloat16", optimizer=keras.optimizers.Adam)),
    ("mixed", "float16", _mixed("float16")),
    ("mixed", "bfloat16", _mixed("bfloat16")),
    (
        "mixed",
        "mixed_float16-loss-scaled",
        _mixed(
            "mixed_float16",
            optimizer=lambda: keras.optimizers.LossScaleOptimizer(
                keras.optimizers.SGD(0.1), initial_scale=2.0**30, dynamic_growth_steps=2
            ),
        ),
    ),
]
