"""What a user passes to `fit`, as arrays on the device and rows to take from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.interface import backend
from keras3_lab.engine.plan import Plan
from keras3_lab.errors import UsageError
from keras3_lab.private.data import array_kind, checked_arrays, dense

SINGLY = "{} arrays have no place in a compiled loop: Keras's own functions take them step by step"


@dataclass(frozen=True)
class Batches:
    """Arrays of equal length, on the device or the host, and the size of batches to take of them.

    Args:
        arrays: Structure of arrays of shape `(size, ...)`.
        size: Number of rows.
        batch_size: Rows per step.
    """

    arrays: Any
    size: int
    batch_size: int

    @classmethod
    def from_arrays(
        cls,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        class_weight: dict[int, float] | None = None,
        batch_size: int | None = None,
    ) -> Batches:
        """Check arrays as Keras does, and copy them to the device.

        Floats become `keras.config.floatx()`.

        Raises:
            UsageError: If there are arrays that a compiled loop cannot take.
        """
        batches = cls.on_host(x, y, sample_weight, class_weight=class_weight, batch_size=batch_size)
        return batches.on_device()

    @classmethod
    def on_host(
        cls,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        class_weight: dict[int, float] | None = None,
        batch_size: int | None = None,
        steps: int | None = None,
    ) -> Batches:
        """Check arrays as Keras does; copy nothing."""
        if batch_size is not None and batch_size < 1:
            raise UsageError(f"batch_size must be 1 or more; received: {batch_size}")
        arrays, rows = checked_arrays(
            x, y, sample_weight, class_weight=class_weight, batch_size=batch_size, steps=steps
        )
        arrays = keras.tree.map_structure(_numpy, arrays)
        size = next(
            int(array.shape[0]) for array in keras.tree.flatten(arrays) if array is not None
        )
        return cls(arrays, size, max(1, min(rows, size)))

    def on_device(self) -> Batches:
        """Copy the arrays to the device.

        Raises:
            UsageError: If there are arrays that a compiled loop cannot take.
        """
        if reason := reason_of_data(self.arrays):
            raise UsageError(f"x and y must be dense arrays here; received: {reason}")
        return Batches(backend().to_device(host_arrays(self.arrays)), self.size, self.batch_size)

    @property
    def steps(self) -> int:
        """Number of batches, a partial last one included."""
        return math.ceil(self.size / self.batch_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(a.nbytes for a in keras.tree.flatten(self.arrays) if a is not None)

    def rows(self, order: np.ndarray | None = None) -> list[np.ndarray]:
        """Cut an order of the rows into runs of equal batches.

        Args:
            order: Integer array of shape `(size,)`; `None` takes the rows as they stand.

        Returns:
            One or two int32 arrays of shape `(steps, batch)`: the full batches, and the partial
            last one, where there is one.
        """
        if order is None:
            order = np.arange(self.size, dtype=np.int32)
        full = self.size - self.size % self.batch_size
        runs = [order[:full].reshape(-1, self.batch_size), order[full:].reshape(1, -1)]
        return [run.astype(np.int32, copy=False) for run in runs if run.size]

    def example(self) -> Any:
        """Return the first batch, from which Keras builds what is not built yet."""
        return self.take(slice(self.batch_size))

    def take(self, index: Any) -> Any:
        """Return some rows of every array."""
        return keras.tree.map_structure(
            lambda array: None if array is None else array[index], self.arrays
        )


def reason_of_data(arrays: Any) -> str | None:
    """Tell why Keras's own functions must take arrays step by step; `None` if they need not.

    Args:
        arrays: Structure of arrays, or a batch of them.
    """
    strings = "" if keras.config.backend() == "tensorflow" else "OSTU"  # there they are tensors
    for array in keras.tree.flatten(arrays):
        if isinstance(array, np.ndarray):
            kind = "string" if array.dtype.kind in strings else None
        else:
            kind = array_kind(array)
        if kind is not None:
            return SINGLY.format(kind)
    return None


def plan_of_single(model: keras.Model, data: Any) -> Plan:
    """Return how Keras's own functions go about a batch that no compiled loop takes."""
    xla = bool(model.jit_compile) and not model.run_eagerly
    return Plan("python", xla, reason_of_data(data) or "")


def host_arrays(arrays: Any) -> Any:
    """Make NumPy arrays in memory of a structure of arrays, floats as `keras.config.floatx()`."""

    def convert(array: Any) -> Any:
        if array is None:
            return None
        floats = array.dtype.name.startswith(("float", "bfloat"))
        return np.asarray(array, keras.config.floatx() if floats else None)

    return keras.tree.map_structure(convert, arrays)


def on_host(tensor: Any) -> Any:
    """Return a tensor as a NumPy array; one of TensorFlow's sparse or ragged ones as it is."""
    kept = keras.config.backend() == "tensorflow" and array_kind(tensor)
    return tensor if kept else keras.ops.convert_to_numpy(tensor)


def _numpy(array: Any) -> Any:
    # Not by Keras for what is an array already: it would copy, and read a whole np.memmap.
    if array is None or isinstance(array, np.ndarray) or array_kind(array):
        return array
    return dense(array)
