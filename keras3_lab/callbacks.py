"""Callbacks that work on every backend where Keras's own do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
from tensorboardX import SummaryWriter

from keras3_lab.files import all_whole
from keras3_lab.resumable import resumable

__all__ = ["ModelCheckpoint", "TensorBoard", "resumable"]


class ModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Saves a model as training goes on; the file of before stays until the next is whole.

    `keras.callbacks.ModelCheckpoint` writes over the file of before: a process that is killed, or
    finds the disk full, in the middle of that leaves neither. This one takes the same arguments and
    makes the same files.

    Args:
        *args: As of `keras.callbacks.ModelCheckpoint`.
        **kwargs: Likewise.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab
    from keras3_lab.callbacks import ModelCheckpoint

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.ones((64, 4))
    keeps = ModelCheckpoint("best.keras", monitor="loss", save_best_only=True)
    keras3_lab.fit(model, x, x.sum(axis=1), verbose=0, callbacks=[keeps])
    ```
    """

    filepath: str

    @property
    def accepts_chunks(self) -> bool:
        """Whether `keras3_lab.fit` need not stop after every batch."""
        return bool(self.save_freq == "epoch")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save the model, if it is time."""
        with self._aside():
            super().on_epoch_end(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Save the model, if it is time."""
        if self.save_freq != "epoch":
            with self._aside():
                super().on_train_batch_end(batch, logs)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Have Keras write elsewhere what is put in its place when it is whole."""
        path = Path(self.filepath)
        # What is filled in for an epoch may stand in the names of folders, too.
        folder = next(parent for parent in path.parents if "{" not in str(parent))
        folder.mkdir(parents=True, exist_ok=True)
        with all_whole(folder) as aside:
            self.filepath = str(aside / path.relative_to(folder))
            try:
                yield
            finally:
                self.filepath = str(path)


class TensorBoard(keras.callbacks.Callback):
    """Writes the metrics of each epoch to event files that TensorBoard reads.

    `keras.callbacks.TensorBoard` writes through TensorFlow and does not work without it. This one
    needs no backend. As there, training and validation are two runs that share their charts; epochs
    count from 1.

    Args:
        log_dir: Folder for the event files.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab
    from keras3_lab.callbacks import TensorBoard

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.ones((64, 4))
    keras3_lab.fit(model, x, x.sum(axis=1), verbose=0, callbacks=[TensorBoard("logs")])
    # tensorboard --logdir logs
    ```
    """

    def __init__(self, log_dir: str | Path = "logs") -> None:
        super().__init__()
        self.log_dir = Path(log_dir)
        self._writers: dict[str, SummaryWriter] = {}
        self._written: list[tuple[int, dict[str, float]]] = []
        self._purge: int | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self._written, self._purge = [], None

    def get_state(self) -> Any:
        """Return what has been written: a file may have lost its end."""
        return self._written

    def set_state(self, state: Any) -> None:
        """Write it again; what a `fit` that was interrupted has written does not show any more."""
        self._purge = 0
        for epoch, logs in state:
            self.on_epoch_end(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the epoch's metrics."""
        self._written.append((epoch, {name: float(v) for name, v in (logs or {}).items()}))
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith("val_") else "train"
            if part not in self._writers:
                self._writers[part] = SummaryWriter(
                    str(self.log_dir / part), purge_step=self._purge
                )
            writer = self._writers[part]
            writer.add_scalar(f"epoch_{name.removeprefix('val_')}", float(value), epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
