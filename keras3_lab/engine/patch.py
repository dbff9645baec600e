"""`patch_keras`: the engine in the place of `model.fit`, for code that exists."""

from __future__ import annotations

import functools
import threading
from types import TracebackType
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.differences import say_differences
from keras3_lab.engine.inference import evaluate, predict
from keras3_lab.engine.training import fit
from keras3_lab.private.trainers import put_in_place, stock

_lock = threading.Lock()
_patches: set[Patch] = set()


class Patch:
    """What `patch_keras` returns: undone where a `with` block of it ends."""

    def __enter__(self) -> None:
        """Do nothing: `patch_keras` has."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave things as they were, unless somebody else has patched as well."""
        with _lock:
            _patches.discard(self)
            if not _patches:
                put_in_place({})


def patch_keras() -> Patch:
    """Put the engine in the place of `model.fit`, `model.evaluate` and `model.predict`.

    One line speeds up code that is not to be changed. It is all models' `fit` then, of models
    that are there already and of subclasses that call `super().fit` too. Patching twice is patching
    once. The order of the batches is another in every run, as in Keras, unless
    `keras.utils.set_random_seed` was called. Where the engine is meant to differ from Keras, a
    warning says so, once.

    Returns:
        A context manager: `with keras3_lab.patch_keras():` patches for the length of a block.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.ones((100, 4))

    keras3_lab.patch_keras()
    model.fit(x, x.sum(axis=1), verbose=0)  # is keras3_lab.fit
    keras3_lab.unpatch_keras()

    with keras3_lab.patch_keras():
        model.fit(x, x.sum(axis=1), verbose=0)
    ```
    """
    patch = Patch()
    with _lock:
        _patches.add(patch)
        put_in_place({"fit": _fit, "evaluate": _evaluate, "predict": _predict})
    return patch


def unpatch_keras() -> None:
    """Give `model.fit`, `model.evaluate` and `model.predict` back to Keras.

    Undoes every `patch_keras`. Where nothing is patched, it does nothing.

    Example:
    ```python
    import keras
    import keras3_lab

    stock = keras.Model.fit
    keras3_lab.patch_keras()
    keras3_lab.unpatch_keras()
    assert keras.Model.fit is stock
    ```
    """
    with _lock:
        _patches.clear()
        put_in_place({})


@functools.wraps(stock("fit"))
def _fit(self: keras.Model, *args: Any, **kwargs: Any) -> keras.callbacks.History:
    say_differences(self)
    # As stock `fit` on JAX: two runs differ, unless keras.utils.set_random_seed was called.
    kwargs.setdefault("seed", np.random.randint(2**31))
    return fit(self, *args, **kwargs)


@functools.wraps(stock("evaluate"))
def _evaluate(self: keras.Model, *args: Any, **kwargs: Any) -> Any:
    return evaluate(self, *args, **kwargs)


@functools.wraps(stock("predict"))
def _predict(self: keras.Model, *args: Any, **kwargs: Any) -> Any:
    return predict(self, *args, **kwargs)
