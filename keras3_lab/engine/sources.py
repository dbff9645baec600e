"""Where the batches of an epoch come from: arrays on the device, big arrays, iterators."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.data import Batches, host_arrays, reason_of_data
from keras3_lab.engine.interface import backend
from keras3_lab.engine.pieces import Cut, Order, Piece, Share, Source, as_they_stand
from keras3_lab.engine.single import SingleRows
from keras3_lab.engine.streams import IteratorStream, RowStream
from keras3_lab.errors import UsageError
from keras3_lab.private.data import is_of_arrays

MEMORY = 2**32
"""Bytes of data to hold on the device, unless the caller says otherwise."""


class Resident:
    """Arrays that are on the device as a whole.

    Args:
        batches: The arrays, on the host.
        order: Gives the order of the rows of a pass, by the epoch that it starts in.
        steps: Number of steps that count as an epoch. Defaults to a whole pass.
        block: Most steps of a piece; `None` for no limit.
        every: Steps that are run together, as in `Cut`.
    """

    def __init__(
        self,
        batches: Batches,
        order: Order,
        steps: int | None = None,
        block: int | None = None,
        every: int = 1,
    ) -> None:
        # From the host: on the device, each slice would be a program to compile.
        self._example = backend().to_device(host_arrays(batches.example()))
        self._batches = batches.on_device()
        self._order = order
        self._block = block
        self._cut = Cut(batches.steps, steps, every)
        self._runs: list[Any] = []
        self.steps = steps or batches.steps

    def example(self) -> Any:
        """Return the first batch."""
        return self._example

    def pieces(self, epoch: int) -> Iterator[Piece]:
        """Return the full batches, and a partial last one."""
        first, last = self._cut.next()
        if first == 0:
            order = self._order(epoch, self._batches.size)
            if order is not None or not self._runs:
                self._runs = [
                    (backend().to_device(block), steps)
                    for run in self._batches.rows(order)
                    for block, steps in _blocks(run, self._block)
                ]
        for rows, steps in self._runs:
            start, stop = max(first, 0), min(last, steps)
            if start < stop:
                yield Piece(self._batches.arrays, rows, start, stop)
            first, last = first - steps, last - steps

    def reset(self) -> None:
        """Start a new pass."""
        self._cut.reset()


def source(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    class_weight: dict[int, float] | None = None,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool = False,
    order: Order = as_they_stand,
    memory: int | None = None,
    block: int | None = None,
    every: int = 1,
    look: Callable[[Any], None] | None = None,
    look_at_chunk: Callable[[Any], None] | None = None,
    share: Share | None = None,
) -> Source:
    """Choose how to get at the data that a user passed.

    Args:
        x: Arrays, or whatever else Keras takes: a `keras.utils.PyDataset`, a `tf.data.Dataset`, a
            Grain data set, a generator.
        y: Targets, where `x` is of arrays.
        sample_weight: Weights of the rows, where `x` is of arrays.
        class_weight: Weights of the classes.
        batch_size: Rows per step, where `x` is of arrays.
        steps: Number of steps of an epoch.
        shuffle: Whether Keras is to shuffle what shuffles itself, a `PyDataset`.
        order: Order of the rows of a pass, where `x` is of arrays.
        memory: Most bytes of data on the device.
        block: Most steps of a piece.
        every: Steps that are run together, `steps_per_execution`: how many make an epoch follows.
        look: Is called with the arrays, while they are on the host.
        look_at_chunk: Is called with the arrays of each chunk that an iterator gives.
        share: What this process has of each batch, where several train.

    Returns:
        The source.
    """
    for name, value in (("steps", steps), ("memory", memory)):
        if value is not None and value < 1:
            raise UsageError(f"{name} must be 1 or more; received: {value}")
    most = keras.config.max_steps_per_epoch()
    if most and (steps is None or most < steps):
        warnings.warn(f"Limiting steps_per_epoch to {most}", stacklevel=3)
        steps = most
    if not is_of_arrays((x, y, sample_weight)):
        if share is not None:
            raise UsageError(
                "x must be arrays where several processes share its batches; received: "
                f"{type(x).__name__}"
            )
        return IteratorStream(
            x, y, sample_weight, class_weight, steps, shuffle, memory or MEMORY, block, every,
            look_at_chunk,
        )  # fmt: skip
    batches = Batches.on_host(
        x, y, sample_weight, class_weight=class_weight, batch_size=batch_size, steps=steps
    )
    if look is not None:
        look(batches.arrays)
    if reason := reason_of_data(batches.arrays):
        if share is not None:
            raise UsageError(f"several processes cannot share a batch of it: {reason}")
        return SingleRows(batches, order, steps, every)
    mapped = any(isinstance(array, np.memmap) for array in keras.tree.flatten(batches.arrays))
    if share is not None or batches.nbytes > (memory or (0 if mapped else MEMORY)):
        return RowStream(batches, order, steps, memory or MEMORY, block, every, share)
    return Resident(batches, order, steps, block, every)


def _blocks(rows: np.ndarray, most: int | None) -> Iterator[tuple[np.ndarray, int]]:
    """Cut rows into blocks of equal length, the last one filled up, with their true lengths."""
    if most is None or len(rows) <= most:
        yield rows, len(rows)
        return
    for start in range(0, len(rows), most):
        block = rows[start : start + most]
        missing = most - len(block)
        yield np.pad(block, ((0, missing), (0, 0))), len(block)
