"""Which rows each step of a run takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from keras3_lab.portable.order import batch_order


@dataclass(frozen=True)
class Schedule:
    """The steps of a run, counted from 0 through all epochs.

    Args:
        seed: Seed of the batch order.
        rows: Number of training rows.
        batch_size: Rows per step; at most `rows`.
        steps: Number of steps in all; the last epoch may be cut short by it.
    """

    seed: int
    rows: int
    batch_size: int
    steps: int

    @property
    def per_epoch(self) -> int:
        """Steps in a full epoch, a partial last batch included."""
        return math.ceil(self.rows / self.batch_size)

    @property
    def epochs(self) -> int:
        """Number of epochs, one that is cut short included."""
        return math.ceil(self.steps / self.per_epoch)

    @property
    def switch(self) -> int:
        """The step at which gate G3 changes lanes: half-way, between epochs if there are two."""
        if self.epochs > 1:
            return self.epochs // 2 * self.per_epoch
        return self.steps // 2

    def order(self, epoch: int) -> np.ndarray:
        """Return the rows in the order in which an epoch visits them."""
        return batch_order(self.seed, epoch, self.rows)

    def batch(self, step: int) -> np.ndarray:
        """Return the rows of one step, an int32 array of shape `(batch,)`."""
        epoch, local = divmod(step, self.per_epoch)
        start = local * self.batch_size
        return self.order(epoch)[start : start + self.batch_size].astype(np.int32)

    def between(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Yield the rows of the steps from `start` to `stop`, both within one epoch.

        Args:
            start: First step.
            stop: Step to stop before; at most the end of the epoch that `start` is in.

        Yields:
            int32 arrays of shape `(steps, batch)`; a partial last batch has one of its own.
        """
        if start >= stop:
            return
        epoch, first = divmod(start, self.per_epoch)
        last = stop - epoch * self.per_epoch
        order = self.order(epoch).astype(np.int32)
        full = min(last, self.rows // self.batch_size)
        table = order[: full * self.batch_size].reshape(full, self.batch_size)[first:]
        if len(table):
            yield table
        if last > full:
            yield order[full * self.batch_size :].reshape(1, -1)
