"""What a user passes to `fit`, as arrays on the device and rows to take from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

# Keras's own checks and messages for x, y, sample_weight and class_weight; it exports neither.
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter
from keras.src.trainers.data_adapters.array_slicing import train_validation_split

from keras3_lab.engine.program import backend
from keras3_lab.errors import UsageError

__all__ = ["Batches", "train_validation_split"]


@dataclass(frozen=True)
class Batches:
    """Arrays on the device, of equal length, and the size of the batches to take from them."""

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
        """Check and convert arrays as Keras does: floats become `keras.config.floatx()`."""
        batch_size = 32 if batch_size is None else batch_size
        if batch_size < 1:
            raise UsageError(f"batch_size must be 1 or more; received {batch_size}")
        packed = ArrayDataAdapter(x, y, sample_weight, class_weight=class_weight)._inputs
        arrays = keras.tree.map_structure(_host_array, packed)
        size = next(len(array) for array in keras.tree.flatten(arrays) if array is not None)
        return cls(backend().to_device(arrays), size, min(batch_size, size))

    @property
    def steps(self) -> int:
        """Number of batches, a partial last one included."""
        return -(-self.size // self.batch_size)

    def rows(self, order: np.ndarray | None = None) -> list[np.ndarray]:
        """Cut an order of the rows into runs of equal batches.

        Args:
            order: Integer array of shape `(size,)`; `None` takes the rows as they stand.

        Returns:
            One or two int32 arrays of shape `(steps, batch)`: the full batches, and the partial
            last one, where there is one.
        """
        order = np.arange(self.size) if order is None else order
        full = self.size - self.size % self.batch_size
        runs = [order[:full].reshape(-1, self.batch_size), order[full:].reshape(1, -1)]
        return [run.astype(np.int32) for run in runs if run.size]

    def example(self) -> Any:
        """The first batch, from which Keras builds what is not built yet."""
        return keras.tree.map_structure(
            lambda array: None if array is None else array[: self.batch_size], self.arrays
        )


def _host_array(array: Any) -> np.ndarray | None:
    if array is None:
        return None
    array = keras.ops.convert_to_numpy(array)
    if np.issubdtype(array.dtype, np.floating) and array.dtype != keras.config.floatx():
        return array.astype(keras.config.floatx())
    return array
