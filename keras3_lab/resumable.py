"""A `fit` that goes on where another one was interrupted, and ends as if nothing had happened."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras

from keras3_lab import checkpoints, state
from keras3_lab.engine.hooks import Watcher
from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError
from keras3_lab.private.models import resume_at

AT_LEAST_S = 1.0
"""What has taken no longer than this is computed again sooner than it is saved."""

WITHIN_AN_EPOCH_S = 60.0
"""Likewise, where the epoch has not come to its end."""


def resumable(
    folder: str | Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    *,
    every: int | str | None = None,
) -> list[keras.callbacks.Callback]:
    """Return callbacks with which a `fit` that was interrupted goes on, bit for bit.

    At the end of an epoch, weights, optimizer, random state, history and what the other callbacks
    keep are saved; by `keras3_lab.fit` also within an epoch that takes minutes, with its metrics
    and the number of steps made. A `fit` that finds such a checkpoint goes on from there, however
    the one before ended: by an exception, a signal, `kill -9` or a power cut. Its data must be the
    same, epoch by epoch: with arrays, `keras3_lab.fit` sees to that.

    `keras.callbacks.BackupAndRestore` saves weights and optimizer alone.

    Args:
        folder: Where to keep the checkpoints; made where it is missing. When `fit` comes to its
            end, it is emptied.
        callbacks: The other callbacks. What has changed in their attributes is saved, where it is
            plain data; of one that has methods `get_state` and `set_state`, what the first
            returns.
        every: Save every so many epochs, or after so many minutes, as in `"10m"`. Defaults to every
            epoch, but once a second at most, and every minute of a longer one.

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


class Checkpoints(Watcher):
    """Saves what a training depends on, and goes on from there; behind all other callbacks.

    Args:
        folder: Where to keep the checkpoints; it is there.
        callbacks: The other callbacks.
        every: As in `resumable`.
        remove: Whether to remove the checkpoints when training has come to its end.
        clock: Tells the seconds that count as training.
    """

    accepts_chunks = True

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
        self._within_s = self._seconds if every is not None else WITHIN_AN_EPOCH_S
        self._clock = clock
        self._is_alone = True
        self._can_skip = False  # Keras's own `fit` cannot begin within an epoch
        self._within: dict[str, Any] = {}  # a checkpoint from within the epoch that begins next
        self.spent_before = 0.0  # seconds, by the clock, in the runs before

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the last checkpoint, where there is one."""
        self._is_alone = backend().process_and_count()[1] == 1
        self._began, self._saved = self._clock(), time.perf_counter()
        self._past: list[tuple[int, dict[str, Any]]] = []
        self._before = [state.of_callback(callback) for callback in self._callbacks]
        saved = checkpoints.read(self._folder)
        resume_at(self.model, None)
        if saved is None:
            return
        if len(saved["callbacks"]) != len(self._callbacks):
            raise UsageError(f"{self._folder}: the checkpoint is of another training: of others")
        self._restore(saved)
        self._within = saved if saved["steps"] else {}
        self._past, self.spent_before = saved["past"], saved["spent_s"]
        # Where a callback had stopped the training, it goes on to no other epoch.
        resume_at(self.model, self.params["epochs"] if saved["stopped"] else saved["epoch"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Restore the history, once: Keras clears a part of it when training begins."""
        self._restore_history()
        self._epoch, self._generators = epoch, state.of_generators()
        if self._within:  # once more: other callbacks may have begun the epoch afresh
            self._restore(self._within)
            state.to_metrics(self.model, self._within["metrics"])

    def steps_behind(self) -> int:
        """Return how many steps of the epoch the checkpoint has behind it."""
        within, self._within = self._within, {}
        self._can_skip = True
        return int(within.get("steps", 0))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Save within an epoch, if it is time."""
        is_due = time.perf_counter() - self._saved >= self._within_s
        # Not where there are several processes: all must read the metrics, at the same time.
        if batch and self._can_skip and self._epochs is None and is_due and self._is_alone:
            self._save(self._epoch, steps=batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save, if it is time."""
        if self._within:
            raise UsageError(
                f"{self._folder}: the checkpoint is from within an epoch; from there "
                "`keras3_lab.fit` goes on, not `model.fit`"
            )
        self._past.append((epoch, dict(logs or {})))
        if self._is_due(epoch):
            self._save(epoch + 1)

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

    def _save(self, epoch: int, steps: int = 0) -> None:
        # Within an epoch, data that are drawn are drawn again from its beginning on.
        generators = self._generators if steps else state.of_generators()
        checkpoints.write(
            self._folder,
            epoch,
            {
                "epoch": epoch,
                "steps": steps,
                "stopped": bool(self.model.stop_training),
                "past": self._past,
                "spent_s": self.spent_before + self._clock() - self._began,
                "model": state.of_model(self.model),
                "metrics": state.of_metrics(self.model) if steps else [],
                "generators": generators,
                "callbacks": list(map(state.changes, self._callbacks, self._before)),
            },
            step=steps,
        )
        self._saved = time.perf_counter()

    def _restore(self, saved: dict[str, Any]) -> None:
        state.to_model(self.model, saved["model"])
        state.to_generators(saved["generators"])
        for callback, own in zip(self._callbacks, saved["callbacks"], strict=True):
            state.to_callback(callback, own)

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
