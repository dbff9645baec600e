"""Several models trained at once end as each would alone."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from engine_cases import LABELS, TARGETS, X, classifier, dense, own_step

import keras3_lab
from keras3_lab.engine import many
from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError
from keras3_lab.layers import Dropout
from keras3_lab.parity.record.precision import precision
from keras3_lab.portable import initialize

SEEDS, RATES = (1, 2, 3), (0.1, 0.01, 0.03)


def dropped(seed: int, rate: float) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input(X.shape[1:]),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            Dropout(0.3),
            keras.layers.Dense(3),
        ]
    )
    initialize(model, seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate, use_ema=True), loss, metrics=["accuracy"])
    return model


def several() -> list[keras.Model]:
    return [dropped(seed, rate) for seed, rate in zip(SEEDS, RATES, strict=True)]


@pytest.mark.long
def test_together_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one share, in shares of two and of one, and each in a thread of its own."""
    data = {
        "batch_size": 3, "epochs": 3, "validation_data": (X[:7], LABELS[:7]),
        "class_weight": {0: 1.0, 1: 2.0, 2: 0.5},
    }  # fmt: skip
    with precision("float64"):
        alone = several()
        expected = [
            keras3_lab.fit(model, X, LABELS, **data, seed=seed, verbose=0)
            for model, seed in zip(alone, SEEDS, strict=True)
        ]
        # Elsewhere a program is of one model, and shares are but threads that train theirs in turn.
        for cores in (1, 2, 3) if backend().VECTORIZES else (2,):
            monkeypatch.setattr(many, "_cores", lambda most, cores=cores: min(cores, most))
            together = several()
            histories = keras3_lab.fit_many(together, X, LABELS, **data, seeds=SEEDS)
            for one, other in zip(histories, expected, strict=True):
                assert one.epoch == other.epoch
                assert one.history.keys() == other.history.keys()
                for name, values in other.history.items():
                    np.testing.assert_allclose(one.history[name], values, rtol=1e-9)
            for model, other in zip(together, alone, strict=True):
                for ours, theirs in zip(model.variables, other.variables, strict=True):
                    np.testing.assert_allclose(
                        np.asarray(ours), np.asarray(theirs), rtol=1e-9, atol=1e-12,
                        err_msg=f"{ours.path}, {cores}",
                    )  # fmt: skip
    assert len({history.history["loss"][-1] for history in expected}) == 3


def test_an_error_in_a_thread_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_cores", lambda most: 2)
    models = [dense(), dense()]
    with pytest.raises(ValueError, match="shape"):
        keras3_lab.fit_many(models, X, np.ones((len(X), 5, 2)))


@pytest.mark.skipif(keras.config.backend() != "jax", reason="each compiled for its own variables")
def test_shares_as_large_as_another_are_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_cores", lambda most: 2)
    models = [dense() for _ in range(4)]
    keras3_lab.fit_many(models, X, TARGETS, batch_size=8)
    first, second = (
        keras3_lab.engine.interface.program(model, "train", other)
        for model, other in (models[:2], models[2:])
    )
    assert first.compile_s + second.compile_s == max(first.compile_s, second.compile_s) > 0


def test_logs_of_ones_own_step_are_those_of_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_cores", lambda most: 1)  # one share of both

    def several() -> list[keras.Model]:
        models = [own_step(), own_step()]
        initialize(models[1], 2)
        return models

    histories = keras3_lab.fit_many(several(), X, TARGETS, batch_size=8)
    for model, history in zip(several(), histories, strict=True):
        expected = keras3_lab.fit(model, X, TARGETS, batch_size=8, verbose=0)
        assert history.history["twice"] == pytest.approx(expected.history["twice"], rel=1e-5)


@pytest.mark.parametrize(
    ("models", "arguments", "message"),
    [
        (list, {}, "seeds must be as many as models"),
        (lambda: [dense(), dense()], {"seeds": [1]}, "received: 1 and 2"),
        (lambda: [dense()], {"epochs": 0}, "epochs must be 1 or more"),
    ],
)
def test_bad_arguments(models: Callable, arguments: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        keras3_lab.fit_many(models(), X, TARGETS, **arguments)


def other_activation() -> keras.Model:
    model = dense()
    model.layers[0].activation = keras.activations.relu
    return model


@pytest.mark.skipif(keras.config.backend() != "jax", reason="trained one after another")
@pytest.mark.parametrize(
    ("other", "what"),
    [
        (other_activation, "set of layers than"),
        (lambda: dense(keras.optimizers.SGD(nesterov=True)), "optimizer than"),
        (classifier, "set of variables and set of layers and optimizer"),
    ],
)
def test_models_that_are_not_alike_are_refused(other: Callable, what: str) -> None:
    with pytest.raises(UsageError, match=f"model 1 has another {what}"):
        keras3_lab.fit_many([dense(), other()], X, TARGETS)
