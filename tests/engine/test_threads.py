"""`fit` in several threads at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab.errors import UsageError

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def model(number: int) -> keras.Model:
    """A model of a make of its own, with random layers."""
    made = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4 + number, activation="relu"),
            keras.layers.Dropout(0.2, seed=number),
            keras.layers.Dense(1),
        ]
    )
    keras3_lab.portable.initialize(made, number)
    made.compile("adam", "mse")
    return made


def fit(made: keras.Model) -> list[np.ndarray]:
    keras3_lab.fit(made, X, Y, epochs=3, batch_size=8, verbose=0)
    return made.get_weights()


def test_models_in_threads_of_their_own_are_trained_as_one_after_the_other() -> None:
    expected = [fit(model(number)) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(fit, [model(number) for number in range(2)]))
    for ours, theirs in zip(found, expected, strict=True):
        assert all(map(np.array_equal, ours, theirs))


def test_a_model_that_another_thread_trains_is_refused() -> None:
    made = model(1)
    errors = []

    class Meanwhile(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            with ThreadPoolExecutor(1) as pool:
                errors.append(pool.submit(fit, made).exception())

    keras3_lab.fit(made, X, Y, epochs=1, batch_size=8, verbose=0, callbacks=[Meanwhile()])
    (error,) = errors
    assert isinstance(error, UsageError)
    assert "is being trained in another thread" in str(error)
    fit(made)  # and afterwards it is not
    with pytest.raises(ZeroDivisionError):
        keras3_lab.fit(made, X, Y, verbose=0, callbacks=[Failing()])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(fit, made).result()


class Failing(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise ZeroDivisionError
