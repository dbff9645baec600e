"""Batch orders of a run, the next one made while an epoch trains."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from keras3_lab.portable import batch_order


class Orders:
    """Gives `batch_order(seed, epoch, size)`, and has that of the next epoch ready.

    Args:
        seed: Seed of the run.
        epochs: Number of the last epoch.
    """

    def __init__(self, seed: int, epochs: int) -> None:
        self._seed = seed
        self._epochs = epochs
        self._pool = ThreadPoolExecutor(1)
        self._coming: dict[tuple[int, int], Future[Any]] = {}

    def __call__(self, epoch: int, size: int) -> np.ndarray:
        """Return the order of an epoch."""
        ready = self._coming.pop((epoch, size), None)
        order = ready.result() if ready else batch_order(self._seed, epoch, size)
        if epoch + 1 < self._epochs:
            self._coming = {
                (epoch + 1, size): self._pool.submit(batch_order, self._seed, epoch + 1, size)
            }
        return np.asarray(order)

    def close(self) -> None:
        """Stop making orders."""
        self._pool.shutdown(wait=False, cancel_futures=True)
