"""A run whose loss is lost ends there, with what it had reached."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from keras3_lab.engine.hooks import Watcher
from keras3_lab.engine.pieces import EachStep
from keras3_lab.errors import LostLossError
from keras3_lab.files import whole

BEST = "best.keras"


class StopOnLostLoss(Watcher):
    """Ends a run at the first step whose loss is not finite.

    The model gets the weights of the best epoch back, and they are saved as `best.keras`, unless a
    callback of the recipe has saved them already.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._epoch = 0
        self._last = "nothing was trained"
        self._best: tuple[float, int, list[np.ndarray]] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note which epoch it is."""
        self._epoch = epoch

    def look(self, seen: int, outputs: Any, start: int, stop: int) -> None:
        """Look at the running mean of the loss: where it is lost once, it stays so."""
        losses = _losses(outputs, start, stop)
        if losses is None or not len(losses):
            return
        if math.isfinite(losses[-1]):
            self._last = f"loss {losses[-1]:.6g} until step {seen + stop - start}"
            return
        first = int(np.flatnonzero(~np.isfinite(losses))[0])
        if first:
            self._last = f"loss {losses[first - 1]:.6g} until step {seen + first}"
        self._stop(f"the loss is {losses[first]} from step {seen + first + 1}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the validation, and keep the weights of the best epoch."""
        logs = logs or {}
        values = {name: value for name, value in logs.items() if name in ("loss", "val_loss")}
        for name, value in values.items():
            if not math.isfinite(value):
                self._stop(f"{name} is {value} at the end")
        value = values.get("val_loss", values.get("loss", 0.0))
        if self._best is None or value < self._best[0]:
            self._best = (value, epoch, self.model.get_weights())

    def _stop(self, what: str) -> None:
        message = f"{what} of epoch {self._epoch + 1}; before that, {self._last}"
        if self._best is None:
            message += ", and no epoch was completed"
        else:
            value, epoch, weights = self._best
            self.model.set_weights(weights)
            path = self._folder / BEST
            if not path.exists():
                with whole(path) as aside:
                    self.model.save(aside)
            message += f"; the best epoch, {epoch + 1} with {value:.6g}, is kept in {path}"
        raise LostLossError(f"{message}. Look at the data, or take a smaller learning rate")


def _losses(outputs: Any, start: int, stop: int) -> np.ndarray | None:
    """Return the running mean of the loss at each step."""
    if isinstance(outputs, EachStep):
        steps = outputs[start:stop]
        if not all(isinstance(logs, dict) and "loss" in logs for logs in steps):
            return None
        return np.array([np.mean(np.asarray(logs["loss"])) for logs in steps])
    if not isinstance(outputs, dict) or "loss" not in outputs:
        return None
    stack = np.asarray(outputs["loss"])[start:stop]
    return stack.reshape(len(stack), -1).mean(axis=-1)
