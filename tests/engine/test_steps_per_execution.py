"""`steps_per_execution` decides when batch hooks are called, and with which numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import keras
import numpy as np
import pytest
from engine_cases import TARGETS, X, dense

import keras3_lab

BATCH = 3  # 16 rows: 5 full batches and a partial one


class Hooks(keras.callbacks.Callback):
    """Notes every call of a batch hook, and what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple] = []

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(("begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(("end", batch, pytest.approx(float(logs["loss"]), rel=1e-5)))

    def on_test_batch_begin(self, batch, logs=None):
        self.calls.append(("test begin", batch))

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append(("test end", batch, pytest.approx(float(logs["loss"]), rel=1e-5)))

    def on_predict_batch_begin(self, batch, logs=None):
        self.calls.append(("predict begin", batch))

    def on_predict_batch_end(self, batch, logs=None):
        self.calls.append(("predict end", batch, np.shape(logs["outputs"])))

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(("epoch", epoch))


class Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return -(-len(X) // BATCH)

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return X[rows], TARGETS[rows]


DATA: dict[str, Callable[[], dict]] = {
    "arrays": lambda: {"x": X, "y": TARGETS, "batch_size": BATCH},
    "full batches": lambda: {"x": X, "y": TARGETS, "batch_size": 4},
    "PyDataset": lambda: {"x": Batches()},
}


def both(method: str, every: int, data: dict, **arguments) -> tuple[keras.Model, keras.Model]:
    """Run a method of Keras and ours; the hooks must have been called alike."""
    models, calls = [], []
    for functions in (keras.Model, keras3_lab):
        model, hooks = dense("adam", steps_per_execution=every), Hooks()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the data end within an epoch
            getattr(functions, method)(model, **data, callbacks=[hooks], verbose=0, **arguments)
        models.append(model)
        calls.append(hooks.calls)
    stock, ours = calls
    assert ours == stock
    return models[0], models[1]


def assert_same_weights(one: keras.Model, other: keras.Model) -> None:
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(
    ("every", "steps"),
    [(2, None), (4, None), (7, None), (2, 3), (3, 4), (4, 8)],
    ids=lambda value: str(value),
)
def test_hooks_of_fit_are_those_of_stock_fit(every: int, steps: int | None, data: str) -> None:
    """Epochs of a number of steps that is no multiple, and passes that end in between, included."""
    stock, ours = both(
        "fit", every, DATA[data](), epochs=3, shuffle=False, steps_per_epoch=steps,
    )  # fmt: skip
    assert_same_weights(stock, ours)
    assert int(np.asarray(ours.optimizer.iterations)) == int(np.asarray(stock.optimizer.iterations))


def test_hooks_of_validation_are_those_of_stock_fit() -> None:
    both(
        "fit", 4, DATA["arrays"](), shuffle=False, validation_data=(X, TARGETS),
        validation_batch_size=5,
    )  # fmt: skip


def test_hooks_of_evaluate_and_predict_are_those_of_keras() -> None:
    """The outputs of all steps that were run together are one array."""
    both("evaluate", 4, DATA["arrays"]())
    both("predict", 4, {"x": X, "batch_size": BATCH})
    both("predict", 2, {"x": X, "batch_size": BATCH}, steps=3)


@pytest.mark.parametrize("mode", ["epoch", "chunk", "step"])
def test_the_weights_are_those_of_single_steps(mode: str) -> None:
    one, many = dense("adam"), dense("adam", steps_per_execution=4)
    for model in (one, many):
        keras3_lab.fit(model, X, TARGETS, batch_size=BATCH, epochs=2, verbose=0, mode=mode)
    for a, b in zip(one.get_weights(), many.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("mode", ["epoch", "chunk"])
def test_fewer_calls_of_hooks_are_calls_at_multiples(mode: str) -> None:
    hooks = Hooks()
    model = dense("adam", steps_per_execution=2)
    keras3_lab.fit(model, X, TARGETS, batch_size=2, verbose=0, mode=mode, callbacks=[hooks])
    begun = [call[1] for call in hooks.calls if call[0] == "begin"]
    ended = [call[1] for call in hooks.calls if call[0] == "end"]
    assert begun[0] == 0
    assert begun[1:] == [batch + 1 for batch in ended[:-1]]
    assert ended[-1] == 7
    assert all(batch % 2 == 0 for batch in begun)


def test_training_stops_where_the_hook_is_called() -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    model = dense(steps_per_execution=4)
    keras3_lab.fit(model, X, TARGETS, batch_size=BATCH, epochs=3, verbose=0, callbacks=[Stop()])
    assert int(np.asarray(model.optimizer.iterations)) == 4
