"""Iterators of a user's own: their hooks, their errors, their end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings

import keras
import numpy as np
import pytest
from engine_cases import LABELS, TARGETS, WEIGHTS, X, dense, two_headed

import keras3_lab
from keras3_lab.private.parts import release

BACKEND = keras.config.backend()
BATCHES = [(X[i : i + 4], TARGETS[i : i + 4]) for i in range(0, 16, 4)]


class Logged(keras.utils.PyDataset):
    """Writes down when its hooks are called; its rows depend on how often that was."""

    def __init__(self, name: str, log: list[str], batches: int | None = 3, **arguments) -> None:
        super().__init__(**arguments)
        self.name, self.log, self.batches, self.epoch = name, log, batches, 0

    @property
    def num_batches(self):
        return self.batches

    def __getitem__(self, index):
        x, y = BATCHES[index % 4]
        return x + self.epoch, y

    def on_epoch_begin(self):
        self.log.append(f"{self.name} begins")

    def on_epoch_end(self):
        self.log.append(f"{self.name} ends")
        self.epoch += 1


class Log(keras.callbacks.Callback):
    def __init__(self, log: list[str]) -> None:
        super().__init__()
        for hook in ("train", "test", "predict", "epoch"):
            for when in ("begin", "end"):
                name = f"on_{hook}_{when}"
                setattr(self, name, lambda *_, name=name, **__: log.append(name))
        self.on_train_batch_end = lambda *_, **__: log.append("step")


def everything(fit, evaluate, predict, **arguments) -> tuple[list[str], list[dict]]:
    """Call all three functions, and return what was called and what came out."""
    log: list[str] = []
    model, found = dense(), []
    common = {"callbacks": [Log(log)], "verbose": 0}
    data = {"x": Logged("x", log, **arguments), "validation_data": Logged("val", log, 2)}
    found.append(fit(model, **data, epochs=2, shuffle=False, **common).history)
    log.append("again")
    more = {"steps_per_epoch": 3, "epochs": 2, "shuffle": False, **common}
    found.append(fit(model, Logged("x", log, None, **arguments), **more).history)
    evaluate(model, Logged("x", log, **arguments), **common)
    predict(model, Logged("x", log, **arguments), **common)
    return log, found


@pytest.mark.parametrize("arguments", [{}, {"workers": 2}], ids=["", "workers"])
def test_the_hooks_of_a_py_dataset_come_in_stocks_order(arguments: dict) -> None:
    model = keras.Model
    log, found = everything(keras3_lab.fit, keras3_lab.evaluate, keras3_lab.predict, **arguments)
    expected, theirs = everything(model.fit, model.evaluate, model.predict, **arguments)
    assert log == expected
    # Of batches that hooks change, stock has fetched some before they do, how many is chance.
    np.testing.assert_allclose(found[0]["loss"][0], theirs[0]["loss"][0], 1e-5)


class Mistake(Exception):  # noqa: N818
    pass


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "keras3_lab" in thread.name]


def failing(after: int):
    yield from BATCHES[:after]
    raise Mistake("mine")


class Failing(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int):
        if index == 3:
            raise Mistake("mine")
        return BATCHES[index]


@pytest.mark.filterwarnings("ignore:`shuffle=True`")
@pytest.mark.parametrize(
    "make", [lambda: failing(3), Failing, lambda: Failing(workers=2)], ids=["generator", "", "2"]
)
def test_a_users_exception_arrives_as_it_was_raised(make) -> None:
    model = dense()
    with pytest.raises(Mistake, match="mine"):
        keras3_lab.fit(model, make(), shuffle=False, verbose=0)
    if BACKEND == "tensorflow" or getattr(make(), "workers", 1) == 1:
        # Workers are ahead, and stopped once before the first epoch begins.
        assert int(model.optimizer.iterations) == 3
    for call in (
        lambda: keras3_lab.evaluate(model, make(), verbose=0),
        lambda: keras3_lab.predict(model, make(), verbose=0),
        lambda: keras3_lab.fit(model, X, TARGETS, validation_data=make(), verbose=0),
    ):
        with pytest.raises(Mistake, match="mine"):
            call()
    assert threads() == []


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True


def test_the_thread_ends_where_training_is_stopped() -> None:
    model = dense()

    def endless():
        while True:
            yield BATCHES[0]

    keras3_lab.fit(
        model, endless(), steps_per_epoch=10**6, shuffle=False, callbacks=[Stop()], verbose=0
    )
    assert int(model.optimizer.iterations) == 1
    assert threads() == []


BLOCKED = """
import os, signal, threading, keras, numpy as np, keras3_lab

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it

def batches():
    yield np.ones((2, 1)), np.ones((2, 1))
    yield np.ones((2, 1)), np.ones((2, 1))
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    threading.Event().wait()

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
try:
    keras3_lab.fit(model, batches(), verbose=0, shuffle=False)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send")
def test_ctrl_c_reaches_a_generator_that_blocks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "interrupted"), done.stderr


def ran_out(raised: list[warnings.WarningMessage]) -> bool:
    return any("Your input ran out of data" in str(one.message) for one in raised)


@pytest.mark.parametrize("steps", [None, 3])
def test_data_that_end_early_end_with_stocks_warning(steps: int | None) -> None:
    found = []
    for fit in (keras3_lab.fit, keras.Model.fit):
        model = dense()
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            history = fit(
                model,
                (batch for batch in BATCHES),
                epochs=2,
                steps_per_epoch=steps,
                shuffle=False,
                verbose=0,
            )
        warned = ran_out(raised)
        assert warned or steps is None  # Keras 3.16 is silent where no number was told
        found.append((history.history["loss"], int(model.optimizer.iterations), warned))
    (loss, count, warned), (expected, total, stock_warned) = found
    assert warned == stock_warned
    if BACKEND == "jax":  # stock on TensorFlow counts a step that ran out of data, too
        assert count == total
    np.testing.assert_allclose(loss, expected, 1e-5)


class Loader:
    """Like PyTorch's DataLoader, without PyTorch."""

    def __iter__(self):
        return iter([[x, y] for x, y in BATCHES])

    def __len__(self):
        return len(BATCHES)


def test_what_can_be_iterated_over_again_and_again_is_taken_as_it_is() -> None:
    model, other = dense(), dense()
    keras3_lab.fit(other, X, TARGETS, batch_size=4, epochs=2, shuffle=False, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = keras3_lab.fit(
            model, Loader(), validation_data=Loader(), epochs=2, shuffle=False, verbose=0
        )
        assert keras3_lab.evaluate(model, Loader(), verbose=0) == history.history["val_loss"][-1]
        assert keras3_lab.predict(model, Loader(), verbose=0).shape == TARGETS.shape
    for one, two in zip(model.variables, other.variables, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(two), 1e-5, 1e-6)
    with pytest.raises(ValueError, match="class_weight goes with arrays"):
        keras3_lab.fit(model, Loader(), class_weight={0: 2.0}, verbose=0)


def test_an_iterator_that_is_no_generator() -> None:
    batches = zip(*zip(*BATCHES, strict=True), strict=True)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        assert keras3_lab.predict(dense(), batches, verbose=0).shape == TARGETS.shape
    assert ran_out(raised) == (release() < (3, 16))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_a_dtype_is_kept(dtype: str) -> None:
    class Seen(keras.Model):
        def call(self, x):
            seen.append(keras.backend.standardize_dtype(x.dtype))
            return keras.ops.cast(x, "float32")

    seen: list[str] = []
    rows = np.ones((3, 2), dtype)
    keras3_lab.predict(Seen(), Pairs([rows]), verbose=0)
    assert {*seen} == {dtype}


class Pairs(keras.utils.PyDataset):
    def __init__(self, batches: list) -> None:
        super().__init__()
        self.batches, self.taken = batches, 0

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int):
        self.taken += 1
        return (self.batches[index],)


def sequences() -> keras.Model:
    inputs = keras.Input((None, 3))
    outputs = keras.layers.Dense(2)(inputs)
    return keras.Model(inputs, {"each": outputs, "mean": keras.ops.mean(outputs, axis=1)})


def test_outputs_of_uneven_length() -> None:
    """TensorFlow joins them to a ragged tensor; on JAX stock finds out when all work is done."""
    model, data = sequences(), Pairs([np.ones((2, 4 + i, 3), "float32") for i in range(9)])
    if BACKEND == "jax":
        with pytest.raises(ValueError, match=r"received: outputs of shapes \(2, 4, 2\) and \(2, 5"):
            keras3_lab.predict(model, data, verbose=0)
        assert data.taken < 6
        return
    predicted, expected = (
        predict(model, data, verbose=0) for predict in (keras3_lab.predict, keras.Model.predict)
    )
    assert type(predicted["each"]) is type(expected["each"])
    assert predicted["each"].shape.as_list() == expected["each"].shape.as_list()
    np.testing.assert_allclose(predicted["each"].to_tensor(), expected["each"].to_tensor(), 1e-5)
    np.testing.assert_allclose(predicted["mean"], expected["mean"], 1e-5)


def test_batches_in_structures() -> None:
    def batches():
        for i in range(0, 16, 8):
            x, rows = X[i : i + 8], slice(i, i + 8)
            weights = {"label": WEIGHTS[rows], "target": WEIGHTS[rows]}
            yield (
                {"left": x, "right": -x},
                {"label": LABELS[rows], "target": TARGETS[rows]},
                weights,
            )

    losses = [
        fit(two_headed(), batches(), steps_per_epoch=2, shuffle=False, verbose=0).history
        for fit in (keras3_lab.fit, keras.Model.fit)
    ]
    assert losses[0].keys() == losses[1].keys()
    for name, values in losses[1].items():
        np.testing.assert_allclose(losses[0][name], values, 1e-5, err_msg=name)
