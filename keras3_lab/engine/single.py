"""Arrays that no compiled loop takes, sparse or ragged: a batch at a time, by Keras's functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.data import Batches
from keras3_lab.engine.pieces import Cut, Order, Piece
from keras3_lab.private.data import native, sliceable


class SingleRows:
    """Arrays of which some are sparse or ragged, or strings on JAX.

    Args:
        batches: The arrays, on the host.
        order: Gives the order of the rows of a pass, by the epoch that it starts in.
        steps: Number of steps that count as an epoch. Defaults to a whole pass.
        every: Steps that are run together, as in `Cut`.
    """

    def __init__(self, batches: Batches, order: Order, steps: int | None, every: int) -> None:
        arrays = keras.tree.map_structure(sliceable, batches.arrays)
        self._batches = replace(batches, arrays=arrays)
        self._order = order
        self._rows: np.ndarray | None = None
        self._cut = Cut(batches.steps, steps, every)
        self.steps = steps or batches.steps

    def example(self) -> Any:
        """Return the first batch."""
        return single(self._batches.take(slice(0, self._batches.batch_size))).data

    def pieces(self, epoch: int) -> Iterator[Piece]:
        """Return the steps one by one."""
        first, last = self._cut.next()
        if first == 0:
            self._rows = self._order(epoch, self._batches.size)
        size = self._batches.batch_size
        for start in range(first * size, last * size, size):
            rows = slice(start, min(start + size, self._batches.size))
            yield single(self._batches.take(rows if self._rows is None else self._rows[rows]))

    def reset(self) -> None:
        """Start a new pass."""
        self._cut.reset()


def single(batch: Any) -> Piece:
    """Return the piece of one step, its batch as Keras's own functions take it."""
    return Piece(keras.tree.map_structure(native, batch), None, 0, 1)
