"""The engine computes what `model.fit` computes, feature by feature, in float64."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
from engine_cases import LABELS, MODELS, OPTIMIZERS, TARGETS, X, classifier, dense

import keras3_lab

FIT = {"epochs": 2, "shuffle": False, "verbose": 0, "batch_size": 8}


def compared(names) -> list[str]:
    """All metrics but those that Keras 3.15 gets wrong on TensorFlow.

    It takes the mean of the batches' losses per output as if all batches were equally long: the
    static batch size that it weights them with is None there.
    """
    wrong = ("label_loss", "target_loss") if keras.config.backend() == "tensorflow" else ()
    return [name for name in names if name.removeprefix("val_") not in wrong]


def assert_same_run(build, data: dict, **arguments) -> None:
    ours, stock = build(), build()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both say that the data end within an epoch
        expected = stock.fit(**FIT | data)
        history = keras3_lab.fit(ours, **FIT | data, **arguments)
    assert history.epoch == expected.epoch
    assert history.history.keys() == expected.history.keys()
    for name in compared(expected.history):
        np.testing.assert_allclose(
            history.history[name], expected.history[name], rtol=1e-12, err_msg=name
        )
    assert_same_variables(ours.variables, stock.variables)
    assert_same_variables(ours.optimizer.variables, stock.optimizer.variables)


def assert_same_variables(ours, stock) -> None:
    for variable, other in zip(ours, stock, strict=True):
        np.testing.assert_allclose(
            np.asarray(variable), np.asarray(other), 1e-11, 1e-13, err_msg=variable.path
        )


@pytest.mark.long
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name: str, really_float64: None) -> None:
    assert_same_run(lambda: dense(OPTIMIZERS[name]()), {"x": X[:16], "y": TARGETS[:16]})


@pytest.mark.long
@pytest.mark.parametrize("name", MODELS)
def test_every_feature(name: str, really_float64: None) -> None:
    assert_same_run(*MODELS[name])


@pytest.mark.parametrize("mode", ["epoch", "step"])
def test_every_mode(mode: str, really_float64: None) -> None:
    assert_same_run(*MODELS["partial last batch"], mode=mode)


def test_mixed_precision_with_loss_scaling() -> None:
    """float16 on both sides: rounding is the same where the same kernels run."""
    keras.config.set_dtype_policy("mixed_float16")
    try:
        ours, stock = classifier(), classifier()
        assert isinstance(ours.optimizer, keras.optimizers.LossScaleOptimizer)
        expected = stock.fit(X, LABELS, **FIT)
        history = keras3_lab.fit(ours, X, LABELS, **FIT)
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_allclose(history.history["loss"], expected.history["loss"], rtol=5e-3)
    for variable, other in zip(ours.variables, stock.variables, strict=True):
        np.testing.assert_allclose(np.asarray(variable), np.asarray(other), 5e-2, 5e-3)
    assert float(np.asarray(ours.optimizer.dynamic_scale)) == float(
        np.asarray(stock.optimizer.dynamic_scale)
    )


def test_every_optimizer_of_keras_is_in_the_list() -> None:
    known = {
        name
        for name, value in vars(keras.optimizers).items()
        if isinstance(value, type) and issubclass(value, keras.optimizers.Optimizer)
    } - {"Optimizer"}
    tested = {type(make()).__name__ for make in OPTIMIZERS.values()}
    assert tested == known


@pytest.mark.parametrize("name", ["state, dropout, penalty", "several sample weights"])
def test_evaluate_and_predict(name: str, really_float64: None) -> None:
    build, data = MODELS[name]
    x = data["x"]
    model = build()
    expected = model.evaluate(**data, verbose=0, return_dict=True, batch_size=8)
    result = keras3_lab.evaluate(model, **data, verbose=0, return_dict=True, batch_size=8)
    as_list = keras3_lab.evaluate(model, **data, verbose=0, batch_size=8)
    assert sorted(keras.tree.flatten(as_list)) == sorted(result.values())
    assert result.keys() == expected.keys()
    for metric in compared(expected):
        assert result[metric] == pytest.approx(expected[metric], rel=1e-12), metric
    for steps in (None, 2):
        keras.tree.map_structure(
            lambda ours, stock: np.testing.assert_allclose(ours, stock, 1e-12, 1e-14),
            keras3_lab.predict(model, x, batch_size=8, steps=steps, verbose=0),
            model.predict(x, batch_size=8, steps=steps, verbose=0),
        )
