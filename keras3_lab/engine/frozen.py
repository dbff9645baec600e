"""The part of a model that is not trained, computed once instead of every epoch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.inference import predict
from keras3_lab.engine.sources import MEMORY
from keras3_lab.private.layers import operation_of

CHUNK_STEPS = 16


def border(model: keras.Model) -> Any:
    """Find the tensor behind which all of a model's training happens.

    All that is before it is frozen, `trainable = False`, and nothing passes it by.

    Args:
        model: A functional model of one input.

    Returns:
        The last such `KerasTensor`; the model's input where its first layer is not frozen.
    """
    operations = model.operations
    place = {id(operation): index for index, operation in enumerate(operations)}
    last_use = [0] * len(operations)
    for index, operation in enumerate(operations[1:], start=1):
        for tensor in keras.tree.flatten(operation.input):
            last_use[place[id(operation_of(tensor))]] = index
    found, reach = 0, 0
    for index, operation in enumerate(operations):
        if getattr(operation, "trainable", False):  # operations that are no layers have no say
            break
        if reach <= index:  # nothing from before is used after it
            found = index
        reach = max(reach, last_use[index])
    return operations[found].output


def above(model: keras.Model, tensor: Any) -> keras.Model:
    """Return the part of a functional model behind a tensor; it shares the model's layers."""
    return keras.Model(tensor, model.outputs)


def features(
    model: keras.Model,
    tensors: list[Any],
    x: np.ndarray,
    batch_size: int,
    folder: Path,
    tick: Callable[[int], None],
) -> list[np.ndarray]:
    """Compute tensors within a model, in inference mode, for every row.

    Args:
        model: A functional model of one input.
        tensors: Tensors of it.
        x: Its input.
        batch_size: Rows per step.
        folder: For what is too big for the memory.
        tick: Called with the number of rows that are done.

    Returns:
        An array for each tensor: an `np.memmap` in the folder where it takes more than the 4 GiB
        that `fit` holds on the device.
    """
    part = keras.Model(model.inputs, tensors)
    found: list[np.ndarray] = []
    chunk = CHUNK_STEPS * batch_size
    for start in range(0, len(x), chunk):
        values = keras.tree.flatten(predict(part, x[start : start + chunk], batch_size, verbose=0))
        if not found:
            found = [_room((len(x), *value.shape[1:]), value.dtype, folder) for value in values]
        for array, value in zip(found, values, strict=True):
            array[start : start + chunk] = value
        tick(min(start + chunk, len(x)))
    return found


def _room(shape: tuple[int, ...], dtype: Any, folder: Path) -> np.ndarray:
    if np.prod(shape) * dtype.itemsize <= MEMORY:
        return np.empty(shape, dtype)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        return np.memmap(file, dtype, "w+", shape=shape)
