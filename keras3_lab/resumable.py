"""A `fit` that goes on where another one was interrupted, and ends as if nothing had happened."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras

from keras3_lab import checkpoints, state
from keras3_lab.errors import UsageError
from keras3_lab.private.models import resume_at

AT_LEAST_S = 1.0
"""What has taken no longer than this is computed again sooner than it is saved."""


def resumable(
    folder: str | Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    *,
    every: int | str | None = None,
) -> list[keras.callbacks.Callback]:
    """Return callbacks with which a `fit` that was interrupted goes on, bit for bit.

    At the end of an epoch, weights, optimizer, random state, history and what the other callbacks
    keep are saved. A `fit` that finds such a checkpoint goes on from there, however the one before
    ended: by an exception, a signal, `kill -9` or a power cut. Its data must be the same, epoch by
    epoch: with arrays, `keras3_lab.fit` sees to that.

    `keras.callbacks.BackupAndRestore` saves weights and optimizer alone.

    Args:
        folder: Where to keep the checkpoints; made where it is missing. When `fit` comes to its
            end, it is emptied.
        callbacks: The other callbacks. What has changed in their attributes is saved, where it is
            plain data; of one that has methods `get_state` and `set_state`, what the first
            returns.
        every: Save every so many epochs, or after so many minutes, as in `"10m"`. Defaults to every
            epoch, but once a second at most.

    Returns:
        All callbacks, in the order in which `fit` must get them.

    Raises:
        UsageError: If `every` is nothing like that.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab
    from keras3_lab.callbacks import resumable

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(100, 4))
    stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    callbacks = resumable("backup", [stopping])
    keras3_lab.fit(model, x, x.sum(axis=1), epochs=5, verbose=0, callbacks=callbacks)
    ```
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return [*callbacks, Checkpoints(folder, callbacks, every=every, remove=True)]


class Checkpoints(keras.callbacks.Callback):
    """Saves what a training depends on, and goes on from there; behind all other callbacks.

    Args:
        folder: Where to keep the checkpoints; it is there.
        callbacks: The other callbacks.
        every: As in `resumable`.
        remove: Whether to remove the checkpoints when training has come to its end.
        clock: Tells the seconds that count as training.
    """

    def __init__(
        self,
        folder: Path,
        callbacks: Sequence[keras.callbacks.Callback],
        *,
        every: int | str | None = None,
        remove: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__()
        self._folder, self._callbacks, self._remove = folder, list(callbacks), remove
        self._epochs, self._seconds = read_every(every)
        self._clock = clock
        self.spent_before = 0.0  # seconds, by the clock, in the runs before

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the last checkpoint, where there is one."""
        self._began, self._saved = self._clock(), time.perf_counter()
        self._past: list[tuple[int, dict[str, Any]]] = []
        self._before = [state.of_callback(callback) for callback in self._callbacks]
        saved = checkpoints.read(self._folder)
        resume_at(self.model, None)
        if saved is None:
            return
        if len(saved["callbacks"]) != len(self._callbacks):
            raise UsageError(f"{self._folder}: the checkpoint is of another training: of others")
        state.to_model(self.model, saved["model"])
        state.to_generators(saved["generators"])
        for callback, own in zip(self._callbacks, saved["callbacks"], strict=True):
            state.to_callback(callback, own)
        self._past, self.spent_before = saved["past"], saved["spent_s"]
        # Where a callback had stopped the training, it goes on to no other epoch.
        resume_at(self.model, self.params["epochs"] if saved["stopped"] else saved["epoch"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Restore the history, once: Keras clears a part of it when training begins."""
        self._restore_history()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save, if it is time."""
        self._past.append((epoch, dict(logs or {})))
        if self._is_due(epoch):
            self._save(epoch + 1)
            self._saved = time.perf_counter()

    def on_train_end(self, logs: Any = None) -> None:
        """Leave nothing behind."""
        self._restore_history()
        resume_at(self.model, None)
        if self._remove:
            checkpoints.remove(self._folder)

    def _is_due(self, epoch: int) -> bool:
        if self._epochs is not None:
            return (epoch + 1) % self._epochs == 0
        return time.perf_counter() - self._saved >= self._seconds

    def _save(self, epoch: int) -> None:
        checkpoints.write(
            self._folder,
            epoch,
            {
                "epoch": epoch,
                "stopped": bool(self.model.stop_training),
                "past": self._past,
                "spent_s": self.spent_before + self._clock() - self._began,
                "model": state.of_model(self.model),
                "generators": state.of_generators(),
                "callbacks": list(map(state.changes, self._callbacks, self._before)),
            },
        )

    def _restore_history(self) -> None:
        history = self.model.history
        if history.epoch or not self._past:
            return
        for epoch, logs in self._past:
            history.on_epoch_end(epoch, logs)


def read_every(every: int | str | None) -> tuple[int | None, float]:
    """Return after how many epochs to save, or after how many seconds.

    Args:
        every: As in `resumable`.

    Raises:
        UsageError: If it is nothing like that.
    """
    if every is None:
        return None, AT_LEAST_S
    parts = re.fullmatch(r"(\d+|\d*\.\d+)(m?)", str(every).strip())
    if parts and parts[2] and float(parts[1]) > 0:
        return None, 60 * float(parts[1])
    if parts and not parts[2] and parts[1].isdigit() and int(parts[1]) > 0:
        return int(parts[1]), 0.0
    raise UsageError(
        "the checkpoint interval must be a number of epochs, or of minutes as in '10m', above 0; "
        f"received: {every!r}"
    )
