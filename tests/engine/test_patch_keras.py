"""`patch_keras` puts the engine in Keras's place, and takes it away again."""

from __future__ import annotations

import threading
import warnings

import keras
import numpy as np
import pytest
from engine_cases import LABELS, TARGETS, X, classifier, dense, two_headed

import keras3_lab
from keras3_lab.engine import differences
from keras3_lab.engine.interface import program
from keras3_lab.private.parts import release

METHODS = ("fit", "evaluate", "predict")
STOCK = {name: getattr(keras.Model, name) for name in METHODS}


def is_patched() -> bool:
    patched = {getattr(keras.Model, name) is not STOCK[name] for name in METHODS}
    assert len(patched) == 1  # all of them, or none
    return patched.pop()


@pytest.fixture(autouse=True)
def unpatched():
    yield
    keras3_lab.unpatch_keras()
    assert not is_patched()


def ran_compiled(model: keras.Model, kind: str) -> bool:
    return program(model, kind).compile_s > 0


def test_methods_of_every_model_are_ours() -> None:
    before = dense()
    keras3_lab.patch_keras()
    for model in (before, dense()):
        model.fit(X, TARGETS, verbose=0)
        model.evaluate(X, TARGETS, verbose=0)
        predicted = model.predict(X, verbose=0)
        assert all(ran_compiled(model, kind) for kind in ("train", "test", "predict"))
        np.testing.assert_array_equal(predicted, keras3_lab.predict(model, X, verbose=0))
    assert keras.Model.fit.__name__ == "fit"
    assert keras.Model.fit.__doc__ == STOCK["fit"].__doc__


def test_a_subclass_that_calls_super_reaches_ours() -> None:
    class Own(keras.Sequential):
        def fit(self, *args, **kwargs):
            return super().fit(*args, verbose=0, **kwargs)

    model = Own([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with keras3_lab.patch_keras():
        model.fit(X, TARGETS)
    assert ran_compiled(model, "train")


def test_what_is_left_to_keras_reaches_the_original() -> None:
    """Else it would call ours again, and so on without end; and so would its validation."""

    class Own(keras.Sequential):
        def make_train_function(self, force=False):
            super().make_train_function(force)

    model = Own([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with keras3_lab.patch_keras():
        history = model.fit(X, TARGETS, validation_data=(X, TARGETS), epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert not ran_compiled(model, "train")


def test_patching_twice_is_patching_once() -> None:
    keras3_lab.patch_keras()
    keras3_lab.patch_keras()
    assert is_patched()
    keras3_lab.unpatch_keras()
    assert not is_patched()
    keras3_lab.unpatch_keras()
    assert not is_patched()


def test_a_block_leaves_things_as_it_found_them() -> None:
    with keras3_lab.patch_keras():
        with keras3_lab.patch_keras():
            assert is_patched()
        assert is_patched()
    assert not is_patched()
    keras3_lab.patch_keras()
    with pytest.raises(ZeroDivisionError), keras3_lab.patch_keras():
        raise ZeroDivisionError
    assert is_patched()


def test_blocks_in_threads_do_not_end_each_others() -> None:
    entered, left = threading.Event(), threading.Event()

    def hold() -> None:
        with keras3_lab.patch_keras():
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=hold)
    with keras3_lab.patch_keras():
        thread.start()
        assert entered.wait(10)
    assert is_patched()
    left.set()
    thread.join(10)
    assert not is_patched()


def test_the_order_of_batches_follows_keras_seed() -> None:
    """As in Keras: another one in each run, unless the seed of all random numbers was set."""

    def kernel(seed: int | None) -> np.ndarray:
        model = dense("sgd")
        if seed is not None:
            keras.utils.set_random_seed(seed)
        model.fit(X, TARGETS, batch_size=4, verbose=0)
        return np.asarray(model.layers[0].kernel)

    with keras3_lab.patch_keras():
        np.testing.assert_array_equal(kernel(3), kernel(3))
        assert not np.array_equal(kernel(3), kernel(4))
        assert not np.array_equal(kernel(3), kernel(None))


def test_what_only_ours_takes_can_be_passed() -> None:
    one, other = classifier(), classifier()
    with keras3_lab.patch_keras():
        one.fit(X, LABELS, verbose=0, seed=5, mode="epoch")
    keras3_lab.fit(other, X, LABELS, verbose=0, seed=5)
    np.testing.assert_array_equal(np.asarray(one.layers[0].kernel), other.layers[0].kernel)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="on JAX there are none")
def test_wanted_differences_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "_said", set())

    def free() -> keras.Model:
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.ScheduleFreeAdamW(), "mse")
        return model

    two = {"label": LABELS, "target": TARGETS}
    with keras3_lab.patch_keras():
        with pytest.warns(UserWarning, match="loses the initial values"):
            free().fit(X, TARGETS, verbose=0)
        losses = pytest.warns(UserWarning, match="averages them over batches")
        mended = release() >= differences.LOSSES_MENDED
        with warnings.catch_warnings() if mended else losses:
            two_headed().fit({"left": X, "right": X}, two, verbose=0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            free().fit(X, TARGETS, verbose=0)
            dense().fit(X, TARGETS, verbose=0)
