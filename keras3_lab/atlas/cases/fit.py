"""Cases of what stock `fit`, `evaluate` and `predict` report, of plain models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, Procedure, numbers

layers, ops = keras.layers, keras.ops

ROWS = 7
"""Not a multiple of the batch size, so that the last batch is a partial one."""
X = numbers(ROWS, 2)
Y = X.sum(axis=1, keepdims=True)
BITS = (Y > 0).astype("int32")
WEIGHTS = np.array([1.0, 2.0, 0.0, 0.5, 1.0, 3.0, 1.0])
COMMON: dict[str, Any] = {"batch_size": 4, "shuffle": False, "verbose": 0}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for what, (compiled, given) in PLAIN.items():
        yield Procedure("fit.history", what, function=_fitted(compiled, given))
        if given.get("sample_weight") is not None or "epochs" not in given:
            yield Procedure("fit.evaluate", what, function=_evaluated(compiled, given))
    for what, run in OTHERS.items():
        symbol, _, which = what.partition("/")
        yield Procedure(f"fit.{symbol}", which, function=run)


def fixed(model: Any) -> Any:
    """Put fixed numbers into a model's trainable weights."""
    for n, variable in enumerate(model.trainable_variables):
        variable.assign(0.5 * numbers(*variable.shape, seed=n + 1))
    return model


def plain(units: int = 1, activation: str | None = None, **more: Any) -> Any:
    """Return a model of one dense layer."""
    return fixed(
        keras.Sequential([keras.Input((2,)), layers.Dense(units, activation=activation, **more)])
    )


def _compiled(options: Mapping[str, Any]) -> Any:
    options = dict(options)
    activation = options.pop("activation", None)
    model = plain(options.pop("units", 1), activation)
    optimizer = options.pop("optimizer", lambda: keras.optimizers.SGD(0.1))
    model.compile(optimizer(), **{"loss": "mse"} | options)
    return model


def _fitted(compiled: Mapping[str, Any], given: Mapping[str, Any]) -> Callable[[], Any]:
    def run() -> Any:
        model = _compiled(compiled)
        history = model.fit(**{"x": X, "y": Y, "epochs": 2} | COMMON | dict(given)).history
        return [history, model.get_weights()]

    return run


def _evaluated(compiled: Mapping[str, Any], given: Mapping[str, Any]) -> Callable[[], Any]:
    def run() -> Any:
        model = _compiled(compiled)
        wanted = {k: v for k, v in given.items() if k in ("x", "y", "sample_weight", "batch_size")}
        options = {"x": X, "y": Y, "batch_size": 4, "verbose": 0} | wanted
        return [model.evaluate(**options), model.evaluate(**options, return_dict=True)]

    return run


def _half(y_true: Any, y_pred: Any) -> Any:
    return 0.5 * ops.mean(ops.square(y_true - y_pred))


def _by_row(y_true: Any, y_pred: Any) -> Any:
    return ops.square(y_true - y_pred)[:, 0]


YES_NO: dict[str, Any] = {"activation": "sigmoid", "loss": "binary_crossentropy"}
SHARES: dict[str, Any] = {
    "units": 3,
    "activation": "softmax",
    "loss": "sparse_categorical_crossentropy",
}
THIRDS = np.array([0, 1, 2, 1, 0, 2, 1], "int32")

PLAIN: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "plain": ({}, {}),
    "metrics": ({"metrics": ["mae", "mse", "r2_score"]}, {}),
    "sample-weights": (
        {"metrics": ["mae"], "weighted_metrics": ["mse"]},
        {"sample_weight": WEIGHTS},
    ),
    "sample-weights-column": ({"weighted_metrics": ["mse"]}, {"sample_weight": WEIGHTS[:, None]}),
    "sample-weights-zero": ({"weighted_metrics": ["mse"]}, {"sample_weight": 0 * WEIGHTS}),
    "sample-weights-whole": ({"weighted_metrics": ["mse"]}, {"sample_weight": np.arange(7)}),
    "weights-by-their-sum": (
        {"loss": keras.losses.MeanSquaredError("mean_with_sample_weight")},
        {"sample_weight": WEIGHTS},
    ),
    "class-weights": (
        {**YES_NO, "weighted_metrics": ["mse"]},
        {"y": BITS, "class_weight": {0: 1.0, 1: 3.0}, "epochs": 2},
    ),
    "class-weights-one-hot": (
        {**SHARES, "loss": "categorical_crossentropy"},
        {"y": np.eye(3)[THIRDS], "class_weight": {0: 1.0, 1: 3.0, 2: 0.5}, "epochs": 2},
    ),
    "class-weights-missing": (SHARES, {"y": THIRDS, "class_weight": {0: 2.0}, "epochs": 2}),
    "accuracy-binary": ({**YES_NO, "metrics": ["accuracy", "auc", "precision"]}, {"y": BITS}),
    "accuracy-sparse": ({**SHARES, "metrics": ["accuracy"]}, {"y": THIRDS}),
    "accuracy-sparse-column": ({**SHARES, "metrics": ["acc"]}, {"y": THIRDS[:, None]}),
    "accuracy-one-hot": (
        {**SHARES, "loss": "categorical_crossentropy", "metrics": ["accuracy", "f1_score"]},
        {"y": np.eye(3)[THIRDS]},
    ),
    "float-classes": (SHARES, {"y": THIRDS.astype("float32")}),
    "long-classes": (SHARES, {"y": THIRDS.astype("int64")}),
    "bool-truth": ({**YES_NO, "metrics": ["accuracy"]}, {"y": BITS.astype(bool)}),
    "truth-without-column": ({"metrics": ["mae"]}, {"y": Y[:, 0]}),
    "float64-data": ({"metrics": ["mae"]}, {"x": X.astype("float64"), "y": Y.astype("float64")}),
    "whole-data": ({}, {"x": np.arange(14).reshape(7, 2), "y": np.arange(7)[:, None]}),
    "loss-summed": ({"loss": keras.losses.MeanSquaredError("sum")}, {}),
    "loss-not-reduced": ({"loss": keras.losses.MeanSquaredError(None)}, {}),
    "own-loss": ({"loss": _half, "metrics": [_half]}, {}),
    "own-loss-by-row": ({"loss": _by_row, "metrics": [_by_row]}, {"sample_weight": WEIGHTS}),
    "no-loss": ({"loss": None}, {}),
    "loss-weight": ({"loss": ["mse"], "loss_weights": [0.5]}, {}),
    "batch-of-1": ({"metrics": ["mae"]}, {"batch_size": 1}),
    "batch-of-all": ({"metrics": ["mae"]}, {"batch_size": 100}),
    "one-row": ({"metrics": ["mae"]}, {"x": X[:1], "y": Y[:1]}),
    "no-rows": ({}, {"x": X[:0], "y": Y[:0]}),
    "not-a-number": ({"metrics": ["mae"]}, {"y": np.where(Y > 0.9, np.nan, Y)}),
    "infinite": ({"metrics": ["mae"]}, {"y": np.where(Y > 0.9, np.inf, Y)}),
    "eagerly": ({"run_eagerly": True, "metrics": ["mae"]}, {}),
    "without-xla": ({"jit_compile": False, "metrics": ["mae"]}, {}),
    "two-steps-at-once": ({"steps_per_execution": 2, "metrics": ["mae"]}, {"batch_size": 2}),
    "three-steps-at-once": ({"steps_per_execution": 3, "metrics": ["mae"]}, {"batch_size": 2}),
    "optimizer-by-name": ({"optimizer": lambda: "rmsprop"}, {}),
    "accumulated": (
        {"optimizer": lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)},
        {"batch_size": 2},
    ),
    "scaled-automatically": ({"auto_scale_loss": True}, {}),
    "validation": ({"metrics": ["mae"]}, {"validation_data": (X + 1, Y), "epochs": 2}),
    "validation-weights": (
        {"weighted_metrics": ["mae"]},
        {"validation_data": (X + 1, Y, WEIGHTS), "epochs": 2},
    ),
    "validation-split": ({"metrics": ["mae"]}, {"validation_split": 0.4, "epochs": 2}),
    "validation-each-2": (
        {},
        {"validation_data": (X, Y), "validation_freq": 2, "validation_batch_size": 3, "epochs": 4},
    ),
    "validation-steps": ({}, {"validation_data": (X, Y), "validation_steps": 1, "epochs": 2}),
    "steps-per-epoch": ({}, {"steps_per_epoch": 1, "epochs": 3}),
    "too-many-steps": ({}, {"steps_per_epoch": 5, "epochs": 1}),
    "later-epochs": ({}, {"initial_epoch": 1, "epochs": 3}),
}
"""What `compile` gets, and what `fit`."""


def _predicted(**options: Any) -> Any:
    model = _compiled({"units": 2})
    return model.predict(**{"x": X, "batch_size": 4, "verbose": 0} | options)


def _predict_of(call: Callable[[Any], Any], x: Any = X) -> Callable[[], Any]:
    """Predict by a model that is one function."""

    def run() -> Any:
        inputs = keras.Input(x.shape[1:], dtype=str(x.dtype))
        model = keras.Model(inputs, layers.Lambda(call)(inputs))
        return model.predict(x, batch_size=4, verbose=0)

    return run


def _batches(**options: Any) -> Any:
    model = _compiled({"metrics": ["mae"]} | options)
    said = [model.train_on_batch(X[:4], Y[:4]), model.train_on_batch(X[4:], Y[4:])]
    said.append(model.test_on_batch(X[:4], Y[:4], sample_weight=WEIGHTS[:4]))
    said.append(model.train_on_batch(X[:4], Y[:4], return_dict=True))
    return [said, model.predict_on_batch(X[:3]), model.get_weights()]


def _class_batch() -> Any:
    model = _compiled({**SHARES, "weighted_metrics": ["accuracy"]})
    return model.train_on_batch(X, THIRDS, class_weight={0: 1.0, 1: 2.0, 2: 0.5})


def _evaluated_then_fitted() -> Any:
    model = _compiled({"metrics": ["mae"]})
    first = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, **COMMON)
    return [first, model.evaluate(X, Y, verbose=0), model.get_metrics_result(), model.metrics_names]


def _logs_between() -> Any:
    """Fit with what a batch's logs say: means so far."""
    model, seen = _compiled({"metrics": ["mae"]}), []
    call = keras.callbacks.LambdaCallback(on_train_batch_end=lambda n, logs: seen.append(logs))
    model.fit(X, Y, epochs=2, callbacks=[call], **COMMON)
    return [dict(logs) for logs in seen]


class _Batches(keras.utils.PyDataset):
    """Batches of unequal length."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        at = slice(*((0, 1), (1, 4), (4, 7))[index])
        return X[at], Y[at], WEIGHTS[at]


def _dataset() -> Any:
    model = _compiled({"weighted_metrics": ["mae"]})
    history = model.fit(_Batches(), epochs=2, shuffle=False, verbose=0).history
    return [history, model.evaluate(_Batches(), verbose=0), model.predict(_Batches(), verbose=0)]


def _generator() -> Any:
    def batches() -> Iterator[Any]:
        while True:
            yield X[:4], Y[:4]
            yield X[4:], Y[4:]

    model = _compiled({"metrics": ["mae"]})
    history = model.fit(batches(), steps_per_epoch=3, epochs=2, verbose=0).history
    return [history, model.evaluate(batches(), steps=3, verbose=0)]


def _shuffled() -> Any:
    keras.utils.set_random_seed(1)
    model = _compiled({})
    return model.fit(X, Y, batch_size=2, epochs=2, verbose=0).history


OTHERS: dict[str, Callable[[], Any]] = {
    "predict/plain": _predicted,
    "predict/steps": lambda: _predicted(steps=1),
    "predict/one-row": lambda: _predicted(x=X[:1]),
    "predict/float64": lambda: _predicted(x=X.astype("float64")),
    "predict/whole": lambda: _predicted(x=np.arange(14).reshape(7, 2)),
    "predict/whole-output": _predict_of(lambda x: ops.cast(x * 4, "int32")),
    "predict/bool-output": _predict_of(lambda x: x > 0),
    "predict/mean-output": _predict_of(lambda x: ops.mean(x)),
    "predict/half-output": _predict_of(lambda x: ops.cast(x, "float16")),
    "predict/bfloat16-output": _predict_of(lambda x: ops.cast(x, "bfloat16")),
    "predict/float64-output": _predict_of(lambda x: ops.cast(x, "float64")),
    "predict/long-output": _predict_of(lambda x: ops.cast(x, "int64")),
    "predict/long-input": _predict_of(lambda x: x + 1, np.full((3, 2), 2**40)),
    "predict/argmax-output": _predict_of(lambda x: ops.argmax(x, axis=-1)),
    "predict/top-k-output": _predict_of(lambda x: ops.top_k(x, 2)),
    "train_on_batch/plain": _batches,
    "train_on_batch/eagerly": lambda: _batches(run_eagerly=True),
    "train_on_batch/class-weights": _class_batch,
    "evaluate/before-and-after": _evaluated_then_fitted,
    "history/logs-of-batches": _logs_between,
    "history/dataset": _dataset,
    "history/generator": _generator,
    "history/shuffled": _shuffled,
}
