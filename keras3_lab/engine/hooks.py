"""Which callbacks have to be called at every batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras3_lab.private.models import does_nothing, traces_batches

HOOKS = {
    "train": ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}
# Callbacks with batch hooks that one call a chunk serves just as well: the progress bar, and the
# check of the running mean of the loss, which stays NaN once it is. A callback of one's own says so
# by an attribute `accepts_chunks = True`.
ACCEPT_CHUNKS = (keras.callbacks.ProgbarLogger, keras.callbacks.TerminateOnNaN)


class Watcher(keras.callbacks.Callback):
    """A callback that sees what each step of training returned, not the last of many alone."""

    def steps_behind(self) -> int:
        """Return how many steps of the epoch that has begun were made by another `fit`."""
        return 0

    def look(self, seen: int, outputs: Any, start: int, stop: int) -> None:
        """Look at the outputs of some steps.

        Args:
            seen: Steps of the epoch that ran before.
            outputs: The steps' logs: stacked along a first axis, or an `EachStep` of them.
            start: The first step that ran, along that axis.
            stop: The step before which they stopped.
        """


def want_batches(callbacks: Iterable[keras.callbacks.Callback], phase: str) -> bool:
    """Tell whether a callback has hooks that must run at every batch.

    Args:
        callbacks: The callbacks of a `keras.callbacks.CallbackList`.
        phase: `"train"`, `"test"` or `"predict"`.
    """
    return any(_wants_batches(callback, phase) for callback in callbacks)


def _wants_batches(callback: Any, phase: str) -> bool:
    if type(callback) in ACCEPT_CHUNKS or getattr(callback, "accepts_chunks", False):
        return False
    # Keras's callbacks that save write, by default, at the end of an epoch.
    saves_rarely = getattr(callback, "save_freq", None) in ("epoch", False)
    if saves_rarely and type(callback).__module__.startswith("keras."):
        return False
    if type(callback) is keras.callbacks.TensorBoard:
        return bool(callback.update_freq != "epoch" or traces_batches(callback))
    return any(not does_nothing(getattr(callback, hook)) for hook in HOOKS[phase])
