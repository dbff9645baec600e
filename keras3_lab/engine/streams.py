"""Data that does not fit the device, or comes from an iterator: chunk by chunk.

Every chunk has the same shape, so that they are all one compiled program; the last one is filled
up, and told to stop earlier. While one is trained, a thread puts the next together.
"""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.ahead import one_ahead
from keras3_lab.engine.data import Batches, host_arrays, reason_of_data
from keras3_lab.engine.interface import backend
from keras3_lab.engine.pieces import RAN_OUT, Cut, Order, Piece, Share, rounded_up
from keras3_lab.engine.single import single
from keras3_lab.errors import UsageError
from keras3_lab.private.data import adapter, batches, first_batch
from keras3_lab.private.parts import release

CHUNK_BYTES = 2**26  # large enough to copy at full speed, small enough not to be noticed
CHUNK_STEPS = 1024
PATIENCE_S = 1.0
"""Longest wait for a chunk to fill where an iterator is slow."""


class RowStream:
    """Arrays too big for the device, or in a file: a chunk of their rows at a time.

    Args:
        batches: The arrays, on the host; an `np.memmap` is read where its rows are needed.
        order: Gives the order of the rows of a pass, by the epoch that it starts in.
        steps: Number of steps that count as an epoch. Defaults to a whole pass.
        memory: Most bytes on the device. Two chunks are there at a time.
        block: Most steps of a chunk.
        every: Steps that are run together, as in `Cut`.
        share: What this process has of each batch, where several train.
    """

    def __init__(
        self,
        batches: Batches,
        order: Order,
        steps: int | None,
        memory: int,
        block: int | None,
        every: int,
        share: Share | None = None,
    ) -> None:
        self._share = share
        self._batches = batches
        self._order = order
        self._cut = Cut(batches.steps, steps, every)
        self._runs: list[np.ndarray] = []
        self._chunk = min(
            _chunk_steps(batches.nbytes / batches.steps, memory), block or batches.steps
        )
        self.steps = steps or batches.steps

    def example(self) -> Any:
        """Return the first batch."""
        return backend().to_device(host_arrays(self._batches.example()))

    def pieces(self, epoch: int) -> Iterator[Piece]:
        """Chunks of full batches, and a partial last batch."""
        first, last = self._cut.next()
        if first == 0:
            self._runs = self._batches.rows(self._order(epoch, self._batches.size))
        parts = []
        for run in self._runs:
            inside = run[max(first, 0) : max(last, 0)]
            parts += [
                inside[start : start + self._chunk] for start in range(0, len(inside), self._chunk)
            ]
            first, last = first - len(run), last - len(run)
        return _copied(self._read(part) for part in parts)

    def reset(self) -> None:
        """Start a new pass."""
        self._cut.reset()

    def _read(self, rows: np.ndarray) -> Callable[[], Piece]:
        steps, size = rows.shape
        length = self._chunk if size == self._batches.batch_size else steps
        if self._share is not None:
            return _share(self._batches, self._share, rows, length)
        # Rows in ascending order: a file is read from front to back, and each page once.
        ascending, places = np.unique(rows, return_inverse=True)
        data = host_arrays(self._batches.take(ascending))
        places = places.reshape(rows.shape).astype(np.int32)
        return _piece(data, places, length, steps)


class IteratorStream:
    """Whatever yields batches, in chunks of batches of the same shape.

    Args:
        x: What Keras takes besides arrays.
        y: Must be `None`; Keras says so.
        sample_weight: Must be `None`; Keras says so.
        class_weight: Weights of the classes.
        steps: Number of steps of an epoch; needed where `x` never ends.
        shuffle: Whether to shuffle a `PyDataset`.
        memory: Most bytes on the device. Two chunks are there at a time.
        block: Most steps of a chunk.
        every: Steps that are run together, as in `Cut`.
        look: Is called with each chunk's arrays, while they are on the host.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: dict[int, float] | None,
        steps: int | None,
        shuffle: bool,
        memory: int,
        block: int | None,
        every: int,
        look: Callable[[Any], None] | None = None,
    ) -> None:
        self._look = look
        self._data = adapter(x, y, sample_weight, shuffle=shuffle, class_weight=class_weight)
        self._epoch_steps = steps
        self._every = every
        self._pass_steps = self._data.num_batches
        self._memory = memory
        self._most = block or CHUNK_STEPS
        self._example: Any = None
        self._batches: Iterator[Any] | None = None  # of the pass that is under way
        self._seen = 0  # batches of that pass

    @property
    def steps(self) -> int | None:
        """Number of steps of an epoch, known after the first one at the latest."""
        return self._epoch_steps or self._pass_steps

    def example(self) -> Any:
        """Return the first batch."""
        if self._example is None:
            batch = first_batch(self._data)
            if batch is None:
                raise UsageError("x must yield one batch or more; received: none")
            self._example = _on_device(batch)
        return self._example

    def pieces(self, epoch: int) -> Iterator[Piece]:
        """Chunks of consecutive batches of the same shape.

        The hooks of a `PyDataset` are called here, not in the thread that makes the chunks: before
        the first batch is asked for, and after the last one has been used.
        """
        self._data.on_epoch_begin()
        if self._batches is None or self._epoch_steps is None:
            self._batches, self._seen = batches(self._data), 0
        before = self._seen
        wanted = most = None if self.steps is None else rounded_up(self.steps, self._every)
        if most is not None and self._pass_steps is not None:
            most = min(most, self._pass_steps - self._seen)
        yield from _copied(self._chunks(self._batches, most))
        ended = self._seen - before != most
        if ended and self._pass_steps is None:
            self._pass_steps = self._seen
        # Keras 3.16 is silent where nobody told how many steps there are to be.
        warns = self._epoch_steps is not None or release() < (3, 16)
        if warns and rounded_up(self._seen - before, self._every) != wanted:
            warnings.warn(RAN_OUT, stacklevel=2)
        if ended or self._seen == self._pass_steps:
            self._batches = None
        self._data.on_epoch_end()

    def reset(self) -> None:
        """Start at the beginning again, where there is a way."""
        self._batches = None
        self._pass_steps = self._data.num_batches
        self._data.on_epoch_end()

    def _chunks(self, remaining: Iterator[Any], most: int | None) -> Iterator[Callable[[], Piece]]:
        stacked = partial(_stacked, look=self._look)
        chunk: list[Any] = []
        length, began = 1, time.monotonic()
        for _ in itertools.count() if most is None else range(most):
            try:
                batch = next(remaining, None)
            except Exception:  # whatever it is, it is the user's own, and is raised as it came
                if chunk:  # what came before is trained first
                    yield stacked(chunk, length)
                raise
            if batch is None:
                break
            self._seen += 1
            alone = reason_of_data(batch) is not None
            if chunk and (alone or _shapes(batch) != _shapes(chunk[0])):
                yield stacked(chunk, length)
                chunk = []
            if alone:
                yield partial(single, batch)
                continue
            if not chunk:
                began = time.monotonic()
                length = min(_chunk_steps(_nbytes(batch), self._memory), self._most)
                length = min(length, self.steps or length)
            chunk.append(batch)
            if len(chunk) == length or time.monotonic() - began > PATIENCE_S:
                yield stacked(chunk, length)
                chunk = []
        if chunk:
            yield stacked(chunk, length)


def _chunk_steps(step_bytes: float, memory: int) -> int:
    return int(max(1, min(CHUNK_STEPS, min(CHUNK_BYTES, memory / 2) // max(step_bytes, 1))))


def _copied(makers: Iterator[Callable[[], Piece]]) -> Iterator[Piece]:
    """Make pieces one ahead: in a thread what can be, the copy to the device in this one.

    JAX keeps a precision for each thread.
    """
    with closing(one_ahead(makers)) as made:
        for make in made:
            yield make()


def _on_device(batch: Any) -> Any:
    return single(batch).data if reason_of_data(batch) else backend().to_device(batch)


def _stacked(
    batches: list[Any], length: int, look: Callable[[Any], None] | None
) -> Callable[[], Piece]:
    data = keras.tree.map_structure(
        lambda *arrays: None if arrays[0] is None else np.concatenate(arrays), *batches
    )
    if look is not None:
        look(data)
    size = sum(next(len(a) for a in keras.tree.flatten(b) if a is not None) for b in batches)
    rows = np.arange(size, dtype=np.int32).reshape(len(batches), -1)
    return _piece(data, rows, length, len(batches))


def _piece(data: Any, rows: np.ndarray, length: int, steps: int) -> Callable[[], Piece]:
    """Fill a chunk up to its full length, and leave the copy to the device to the caller."""
    missing = length - len(rows)

    def fill(array: Any) -> Any:
        if array is None or missing == 0:
            return array
        padding = [(0, missing * rows.shape[1])] + [(0, 0)] * (array.ndim - 1)
        return np.pad(array, padding, mode="edge")  # a zero is no string

    data = keras.tree.map_structure(fill, data)
    rows = np.pad(rows, ((0, missing), (0, 0)))
    return lambda: Piece(backend().to_device(data), backend().to_device(rows), 0, steps)


def _share(batches: Batches, share: Share, rows: np.ndarray, length: int) -> Callable[[], Piece]:
    """Read the rows of each batch that this process has, of shape `(steps, rows, ...)`.

    All that is left of which rows a step takes is its own number, once for each row of the batch.
    """
    steps, size = rows.shape
    ascending, places = np.unique(rows[:, share.rows(size)], return_inverse=True)
    places = places.reshape(steps, -1)
    places = np.pad(places, ((0, length - steps), (0, 0)))
    data = keras.tree.map_structure(
        lambda array: None if array is None else array[places],
        host_arrays(batches.take(ascending)),
    )
    numbers = np.repeat(np.arange(length, dtype=np.int32)[:, None], size, axis=1)
    return lambda: Piece(share.to_device(data, size), backend().to_device(numbers), 0, steps)


def _shapes(batch: Any) -> list[Any]:
    return [None if a is None else (a.shape, a.dtype) for a in keras.tree.flatten(batch)]


def _nbytes(batch: Any) -> int:
    return sum(a.nbytes for a in keras.tree.flatten(batch) if a is not None)
