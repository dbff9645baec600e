"""Which callbacks have to be called at every batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
from keras.src.utils import is_default  # Keras's mark on hooks that do nothing; not exported

HOOKS = {
    "train": ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}
# They have batch hooks, and are served by fewer calls just as well: the progress bar, and a look
# at the running mean of the loss, which stays NaN once it is. A callback of one's own says so by
# an attribute `patient = True`.
PATIENT = (keras.callbacks.ProgbarLogger, keras.callbacks.TerminateOnNaN)


def want_batches(callbacks: Iterable[keras.callbacks.Callback], phase: str) -> bool:
    """Tell whether a callback has hooks that must run at every batch.

    Args:
        callbacks: The callbacks of a `keras.callbacks.CallbackList`.
        phase: `"train"`, `"test"` or `"predict"`.
    """
    return any(_wants_batches(callback, phase) for callback in callbacks)


def _wants_batches(callback: Any, phase: str) -> bool:
    if type(callback) in PATIENT or getattr(callback, "patient", False):
        return False
    # Keras's callbacks that save write, by default, at the end of an epoch.
    saves_rarely = getattr(callback, "save_freq", None) in ("epoch", False)
    if saves_rarely and type(callback).__module__.startswith("keras."):
        return False
    if type(callback) is keras.callbacks.TensorBoard:
        return bool(callback.update_freq != "epoch" or callback._should_trace)
    return any(not is_default(getattr(callback, hook)) for hook in HOOKS[phase])
