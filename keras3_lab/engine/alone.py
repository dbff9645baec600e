"""One thread at a time trains a model."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from keras3_lab.errors import UsageError

_locks: weakref.WeakKeyDictionary[keras.Model, threading.RLock] = weakref.WeakKeyDictionary()


@contextmanager
def alone(model: keras.Model) -> Iterator[None]:
    """Refuse to train a model that another thread is training: each would undo what the other does.

    Raises:
        UsageError: If another thread is.
    """
    lock = _locks.setdefault(model, threading.RLock())
    if not lock.acquire(blocking=False):
        raise UsageError(
            f"model {model.name!r} is being trained in another thread; train it in one at a time"
        )
    try:
        yield
    finally:
        lock.release()
