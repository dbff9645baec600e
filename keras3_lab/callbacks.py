"""Callbacks that work on every backend where Keras's own do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from tensorboardX import SummaryWriter


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

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the epoch's metrics."""
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith("val_") else "train"
            if part not in self._writers:
                self._writers[part] = SummaryWriter(str(self.log_dir / part))
            writer = self._writers[part]
            writer.add_scalar(f"epoch_{name.removeprefix('val_')}", float(value), epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
