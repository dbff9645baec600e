"""Cases of what stock `fit`, `evaluate` and `predict` report, of several outputs and masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, Procedure, numbers
from keras3_lab.atlas.cases.fit import COMMON, WEIGHTS, X, Y, fixed

layers, ops = keras.layers, keras.ops

TOKENS = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [1, 1, 2, 3], [0, 0, 0, 0], [2, 0, 1, 0]])
TARGETS = numbers(5, 4, 1)
TIMES = np.abs(numbers(5, 4, seed=3))


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for symbol, what, run in [*_OUTPUTS, *_MASKED]:
        yield Procedure(f"fit.{symbol}", what, function=run)


def _two(kind: type = dict, **compiled: Any) -> Any:
    """Return a model of two outputs, `a` and `b`."""
    inputs = keras.Input((2,))
    made = {name: layers.Dense(1, name=name)(inputs) for name in "ab"}
    model = fixed(keras.Model(inputs, made if kind is dict else list(made.values())))
    model.compile(**{"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"} | compiled)
    return model


BOTH = {"a": Y, "b": 2 * Y}


def _of_two(kind: type = dict, y: Any = None, **given: Any) -> Callable[..., Callable[[], Any]]:
    def with_compiled(**compiled: Any) -> Callable[[], Any]:
        def run() -> Any:
            model = _two(kind, **compiled)
            truth = y if y is not None else BOTH if kind is dict else list(BOTH.values())
            history = model.fit(X, truth, **{"epochs": 2} | COMMON | given).history
            weights = {k: v for k, v in given.items() if k == "sample_weight"}
            said = model.evaluate(X, truth, batch_size=4, verbose=0, return_dict=True, **weights)
            listed = model.evaluate(X, truth, batch_size=4, verbose=0, **weights)
            predicted = model.predict(X, batch_size=4, verbose=0)
            return [history, said, listed, predicted, model.get_weights()]

        return run

    return with_compiled


_EACH = {"a": WEIGHTS, "b": WEIGHTS[::-1].copy()}
_OUTPUTS: list[tuple[str, str, Callable[[], Any]]] = [
    ("history", "two-outputs", _of_two()(loss={"a": "mse", "b": "mae"})),
    ("history", "two-outputs-one-loss", _of_two()()),
    ("history", "two-outputs-whole-batches", _of_two(batch_size=7)(loss={"a": "mse", "b": "mae"})),
    ("history", "two-outputs-listed", _of_two(list)(loss=["mse", "mae"])),
    (
        "history",
        "loss-weights",
        _of_two()(loss={"a": "mse", "b": "mse"}, loss_weights={"a": 0.25, "b": 4.0}),
    ),
    (
        "history",
        "loss-weights-listed",
        _of_two(list)(loss=["mse", "mse"], loss_weights=[0.25, 4.0]),
    ),
    ("history", "loss-of-one-output", _of_two(y={"a": Y})(loss={"a": "mse"})),
    ("history", "loss-none-of-one", _of_two()(loss={"a": "mse", "b": None}, metrics={"b": "mae"})),
    ("history", "metrics-of-outputs", _of_two()(metrics={"a": ["mae"], "b": ["mse", "mae"]})),
    (
        "history",
        "metrics-listed",
        _of_two(list)(metrics=[["mae"], ["mse"]], weighted_metrics=[["mae"], None]),
    ),
    ("history", "two-outputs-weights", _of_two(sample_weight=_EACH)(weighted_metrics={"a": "mae"})),
    (
        "history",
        "two-outputs-weights-listed",
        _of_two(list, sample_weight=list(_EACH.values()))(weighted_metrics=[["mae"], ["mae"]]),
    ),
    ("history", "two-outputs-shared-weights", _of_two(sample_weight=WEIGHTS)()),
    (
        "history",
        "two-outputs-validation",
        _of_two(validation_data=(X + 1, BOTH))(metrics={"a": "mae"}),
    ),
    ("history", "two-outputs-at-once", _of_two(batch_size=2)(steps_per_execution=2)),
    ("history", "two-outputs-eagerly", _of_two()(run_eagerly=True)),
]


def _tokens_model(masked: bool = True, **compiled: Any) -> Any:
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(4, 2, mask_zero=masked),
            layers.Dense(1),
        ]
    )
    model.compile(**{"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"} | compiled)
    return fixed(model)


def _masked(compiled: dict[str, Any], **given: Any) -> Callable[[], Any]:
    def run() -> Any:
        model = _tokens_model(**compiled)
        options = {**COMMON, "batch_size": 2, "epochs": 2, **given}
        history = model.fit(TOKENS, TARGETS, **options).history
        weights = {k: v for k, v in given.items() if k == "sample_weight"}
        said = model.evaluate(TOKENS, TARGETS, batch_size=2, verbose=0, **weights)
        return [history, said, model.get_weights()]

    return run


_MASKED: list[tuple[str, str, Callable[[], Any]]] = [
    ("history", "masked", _masked({})),
    ("history", "masked-metrics", _masked({"metrics": ["mae"]})),
    ("history", "masked-weighted-metrics", _masked({"weighted_metrics": ["mae"]})),
    ("history", "masked-weights", _masked({}, sample_weight=TIMES)),
    (
        "history",
        "masked-weighted-metrics-weights",
        _masked({"weighted_metrics": ["mae"]}, sample_weight=TIMES),
    ),
    ("history", "masked-sum", _masked({"loss": keras.losses.MeanSquaredError("sum")})),
    (
        "history",
        "masked-validation",
        _masked({"metrics": ["mae"]}, validation_data=(TOKENS, TARGETS)),
    ),
    ("history", "masked-eagerly", _masked({"metrics": ["mae"], "run_eagerly": True})),
    (
        "history",
        "weights-in-time",
        _masked({"masked": False, "weighted_metrics": ["mae"]}, sample_weight=TIMES),
    ),
]
