"""Gate G0 in one lane: fingerprints of data, initial weights, batch order and random masks."""

from __future__ import annotations

import hashlib
import math
import zlib
from typing import Any

import keras
import numpy as np

from keras3_lab.parity.header import Digests
from keras3_lab.parity.record.arrays import host, known_to_numpy
from keras3_lab.parity.record.layer_outputs import layer_outputs, unchanged
from keras3_lab.parity.record.random_layers import is_portable_random
from keras3_lab.parity.record.training import Training, weight_variables
from keras3_lab.parity.trace import Arrays
from keras3_lab.portable.augmentation import Augmentation
from keras3_lab.private.layers import flatten_layers

MASK_STEPS = 2
MASKED_ROWS = 64
PIXELS = 251  # different values, a prime: neighbours in no direction share one


def digests(training: Training, dtype: str = "float64") -> Digests:
    """Return fingerprints of what must be the same bit for bit, by kind and name.

    Args:
        training: A training at its start.
        dtype: That of the run. In a float32 run JAX has no float64: what a user's function has made
            float64 counts as float32 there.

    Returns:
        SHA-256 digests under `data`, `weights`, `order` and `masks`; names are those that blame
        uses.
    """
    schedule = training.schedule
    return {
        "data": {name: array_digest(array) for name, array in data_arrays(training, dtype).items()},
        "weights": {
            variable.path: array_digest(_as_run(host(variable), dtype))
            for variable in weight_variables(training.model)
        },
        "order": {
            f"epoch {epoch}": array_digest(schedule.order(epoch))
            for epoch in range(schedule.epochs)
        },
        "masks": mask_digests(training),
    }


def _as_run(array: np.ndarray, dtype: str) -> np.ndarray:
    """Return an array no wider than the run."""
    wide = array.dtype == np.float64 and dtype == "float32"
    return array.astype(np.float32) if wide else array


def data_arrays(training: Training, dtype: str) -> Arrays:
    """Return the data as the device holds it, by name: `x`, `x[left]`, `val_y`.

    Where it can be had so, it is the device's memory itself and no copy: it may be gigabytes.
    """
    arrays = {}
    for prefix, batches in (("", training.train), ("val_", training.validation)):
        packed = keras.utils.unpack_x_y_sample_weight(batches.arrays)
        for part, structure in zip(("x", "y", "sample_weight"), packed, strict=True):
            for name, array in named_leaves(f"{prefix}{part}", structure).items():
                arrays[name] = _as_run(known_to_numpy(np.asarray(array)), dtype)
    return arrays


def named_leaves(name: str, structure: Any) -> dict[str, Any]:
    """Return the arrays of a structure by name; those that are not there are left out."""
    if structure is None:
        return {}
    if not keras.tree.is_nested(structure):
        return {name: structure}
    items = structure.items() if isinstance(structure, dict) else enumerate(structure)
    return {
        leaf_name: leaf
        for key, value in items
        for leaf_name, leaf in named_leaves(f"{name}[{key}]", value).items()
    }


def row_checksums(training: Training, dtype: str = "float64") -> Arrays:
    """Return a CRC-32 of each row of the data, so that one that differs can be named."""
    return {
        name: np.array(
            [zlib.crc32(np.atleast_1d(row).data) for row in np.ascontiguousarray(array)], "u4"
        )
        for name, array in data_arrays(training, dtype).items()
    }


def mask_digests(training: Training) -> dict[str, str]:
    """Return fingerprints of the first masks that each portable random layer draws.

    The layer is called with ones, of the shape of rows that it sees in training: what comes out
    is its mask. One that augments images moves pixels, and is called with pixels that can be told
    apart. Layers that put out anything else but a few different values are left to G1.
    """
    if not any(map(is_portable_random, flatten_layers(training.model))):
        return {}
    x, _, _ = keras.utils.unpack_x_y_sample_weight(training.example)
    # A row's mask does not depend on how many follow it.
    x = keras.tree.map_structure(lambda array: array[:MASKED_ROWS], x)
    found = {}
    outputs = layer_outputs(training.model, x)
    for output in outputs:
        layer = output.layer
        if not is_portable_random(layer) or not output.inputs:
            continue
        augments = isinstance(layer, Augmentation)
        shape = output.inputs[0]
        pixels = np.arange(math.prod(shape)).reshape(shape) % PIXELS if augments else np.ones(shape)
        probe = keras.ops.convert_to_tensor(pixels, dtype=layer.compute_dtype)
        with unchanged(layer):  # its random state, too
            masks = [layer(probe, training=True) for _ in range(MASK_STEPS)]
            values = np.stack([host(mask) for mask in masks])
        distinct, words = np.unique(values, return_inverse=True)
        if augments:
            found[layer.name] = array_digest(values.astype(np.uint8))
        elif len(distinct) <= 2:
            found[layer.name] = array_digest(words.astype(np.uint8))
    return found


def array_digest(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's shape, dtype and values."""
    digest = hashlib.sha256(f"{array.shape} ".encode())
    # Integers are int32 here and int64 there, and mean the same.
    array = array.astype(np.int64) if array.dtype.kind in "iub" else array
    digest.update(f"{array.dtype} ".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
