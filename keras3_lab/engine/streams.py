"""Data that does not fit the device, or comes from an iterator: chunk by chunk.

Every chunk has the same shape, so that they are all one compiled program; the last one is filled
up, and told to stop earlier. While one is trained, a thread puts the next together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import keras
import numpy as np

from keras3_lab.engine.data import Batches, host_arrays
from keras3_lab.engine.interface import backend
from keras3_lab.engine.pieces import Cut, Order, Piece
from keras3_lab.private.data import epoch_batches

CHUNK_BYTES = 2**26  # large enough to copy at full speed, small enough not to be noticed
CHUNK_STEPS = 1024
PATIENCE_S = 1.0
"""Longest wait for a chunk to fill where an iterator is slow."""

T = TypeVar("T")


class RowStream:
    """Arrays too big for the device, or in a file: a chunk of their rows at a time.

    Args:
        batches: The arrays, on the host; an `np.memmap` is read where its rows are needed.
        order: Gives the order of the rows of a pass, by the epoch that it starts in.
        steps: Number of steps that count as an epoch. Defaults to a whole pass.
        memory: Most bytes on the device. Two chunks are there at a time.
        block: Most steps of a chunk.
    """

    def __init__(
        self, batches: Batches, order: Order, steps: int | None, memory: int, block: int | None
    ) -> None:
        self._batches = batches
        self._order = order
        self._cut = Cut(batches.steps, steps)
        self._runs: list[np.ndarray] = []
        self._chunk = min(
            _chunk_steps(batches.nbytes / batches.steps, memory), block or batches.steps
        )
        self.steps = steps or batches.steps

    def example(self) -> Any:
        """Return the first batch."""
        return host_arrays(self._batches.example())

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
        return _one_ahead(self._read(part) for part in parts)

    def reset(self) -> None:
        """Start a new pass."""
        self._cut.reset()

    def _read(self, rows: np.ndarray) -> Callable[[], Piece]:
        steps, size = rows.shape
        length = self._chunk if size == self._batches.batch_size else steps
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
    ) -> None:
        self._batches = epoch_batches(
            x, y, sample_weight, steps=steps, shuffle=shuffle, class_weight=class_weight
        )
        self._memory = memory
        self._most = block or CHUNK_STEPS
        self._example: Any = None

    @property
    def steps(self) -> int | None:
        """Number of steps of an epoch, known after the first one at the latest."""
        return self._batches.num_batches

    def example(self) -> Any:
        """Return the first batch."""
        if self._example is None:
            self._example = next(batch for _, _, (batch, *_) in self._batches)
            # A generator keeps what it has yielded to Keras for such a look ahead.
            self._batches.reset()
        return self._example

    def pieces(self, epoch: int) -> Iterator[Piece]:
        """Chunks of consecutive batches of the same shape."""
        return _one_ahead(self._chunks())

    def reset(self) -> None:
        """Start at the beginning again, where there is a way."""
        self._batches.reset()

    def _chunks(self) -> Iterator[Callable[[], Piece]]:
        chunk: list[Any] = []
        length, began = 1, time.monotonic()
        with self._batches.catch_stop_iteration():
            for _, _, (batch, *_) in self._batches:
                batch = keras.tree.map_structure(_dense, batch)
                if chunk and _shapes(batch) != _shapes(chunk[0]):
                    yield _stacked(chunk, length)
                    chunk = []
                if not chunk:
                    began = time.monotonic()
                    length = min(_chunk_steps(_nbytes(batch), self._memory), self._most)
                    length = min(length, self.steps or length)
                chunk.append(batch)
                if len(chunk) == length or time.monotonic() - began > PATIENCE_S:
                    yield _stacked(chunk, length)
                    chunk = []
        if chunk:
            yield _stacked(chunk, length)


def _chunk_steps(step_bytes: float, memory: int) -> int:
    return int(max(1, min(CHUNK_STEPS, min(CHUNK_BYTES, memory / 2) // max(step_bytes, 1))))


def _one_ahead(makers: Iterator[Callable[[], T]]) -> Iterator[T]:
    """Make the next item in a thread while the last one is used.

    An item comes in two parts: what can be done in a thread, and what must be done in this one,
    because JAX keeps a precision for each thread.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, makers, None)
        while (make := coming.result()) is not None:
            coming = pool.submit(next, makers, None)
            yield make()


def _stacked(batches: list[Any], length: int) -> Callable[[], Piece]:
    data = keras.tree.map_structure(
        lambda *arrays: None if arrays[0] is None else np.concatenate(arrays), *batches
    )
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
        return np.pad(array, padding)

    data = keras.tree.map_structure(fill, data)
    rows = np.pad(rows, ((0, missing), (0, 0)))
    return lambda: Piece(backend().to_device(data), backend().to_device(rows), 0, steps)


def _dense(array: Any) -> Any:
    return None if array is None else keras.ops.convert_to_numpy(array)


def _shapes(batch: Any) -> list[Any]:
    return [None if a is None else (a.shape, a.dtype) for a in keras.tree.flatten(batch)]


def _nbytes(batch: Any) -> int:
    return sum(a.nbytes for a in keras.tree.flatten(batch) if a is not None)
