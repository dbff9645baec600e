"""What a user's function returns as data, as NumPy arrays; and tensors as NumPy knows them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.data_checks import label_fault
from keras3_lab.errors import UsageError
from keras3_lab.parity.problem import Problem

MOST_BATCHES = 1000
"""Batches that are taken of an iterator, which may have no end."""


def host(tensor: Any) -> np.ndarray:
    """Return a tensor or variable as a NumPy array of a dtype that NumPy knows itself."""
    # Asked itself: of a variable that replicas update together, TensorFlow makes no array.
    variable = isinstance(tensor, keras.Variable)
    return known_to_numpy(
        np.asarray(tensor.numpy() if variable else keras.ops.convert_to_numpy(tensor))
    )


def known_to_numpy(array: np.ndarray) -> np.ndarray:
    """Return an array of bfloat16 or the like as float32, which holds all their values."""
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def checksums(problem: Problem) -> dict[str, int]:
    """Return a CRC-32 of the values of each part of a problem's data, whatever their precision."""
    parts = {"x": problem.x, "y": problem.y, "sample_weight": problem.sample_weight}
    found: dict[str, int] = {}
    for name, structure in parts.items():
        for leaf in keras.tree.flatten(structure):
            if leaf is not None:
                floats = np.asarray(leaf, np.float32, order="C")
                found[name] = zlib.crc32(floats.data, found.get(name, 0))
    return found


def with_arrays(problem: Problem, name: str) -> Problem:
    """Return the problem with NumPy arrays for data, whatever `fit` takes they were.

    Lists and data frames become arrays; the batches of a `tf.data.Dataset`, a
    `keras.utils.PyDataset` or another iterator are joined.

    Args:
        problem: A problem as the user made it.
        name: Name of the function that made it, for messages.

    Raises:
        UsageError: If the data are none that every backend can be given.
    """
    if problem.y is None and _is_of_batches(problem.x):
        problem = _joined(problem, name)
    x, y, sample_weight = (
        _arrays(structure, f"{name}: {part}")
        for part, structure in zip(
            ("x", "y", "sample_weight"), (problem.x, problem.y, problem.sample_weight), strict=True
        )
    )
    held_out = problem.validation_data
    if held_out is not None:
        if _is_of_batches(held_out):
            held_out, _ = _gathered(held_out, f"{name}: validation_data")
        held_out = tuple(_arrays(part, f"{name}: validation_data") for part in held_out)
    _check_lengths(x, y, sample_weight, name)
    problem = replace(problem, x=x, y=y, sample_weight=sample_weight, validation_data=held_out)
    _check_labels(problem, name)
    return problem


def _is_of_batches(data: Any) -> bool:
    return isinstance(data, keras.utils.PyDataset) or (
        isinstance(data, Iterable)
        and not hasattr(data, "shape")
        and not hasattr(data, "to_numpy")
        and not isinstance(data, (dict, list, tuple, str, bytes))
    )


def _joined(problem: Problem, name: str) -> Problem:
    columns, rows = _gathered(problem.x, f"{name}: x")
    return replace(problem, x=columns[0], y=columns[1], sample_weight=columns[2], batch_size=rows)


def _gathered(data: Any, what: str) -> tuple[tuple[Any, ...], int]:
    """Return x, y and weights of an iterator's batches, and the rows of a batch."""
    batches = [
        keras.utils.unpack_x_y_sample_weight(keras.tree.map_structure(_array, batch))
        for batch in islice(_batches(data), MOST_BATCHES)
    ]
    if not batches:
        raise UsageError(f"{what}: it has no batches")
    try:
        joined = keras.tree.map_structure(
            lambda *parts: None if parts[0] is None else np.concatenate(parts), *batches
        )
        rows = len(keras.tree.flatten(batches[0][0])[0])
    except (ValueError, TypeError) as error:
        raise UsageError(f"{what}: its batches cannot be joined: {error}") from error
    return joined, rows


def _batches(data: Any) -> Iterator[Any]:
    if isinstance(data, keras.utils.PyDataset):
        count = data.num_batches
        return (data[i] for i in range(MOST_BATCHES if count is None else count))
    return iter(data)


def _arrays(structure: Any, what: str) -> Any:
    """Return a structure of arrays, its lists of numbers made arrays; refuse what no lane takes."""
    if structure is None:
        return None
    if isinstance(structure, dict):
        return {key: _arrays(value, f"{what}[{key!r}]") for key, value in structure.items()}
    if isinstance(structure, (list, tuple)) and any(_is_array(part) for part in structure):
        return type(structure)(_arrays(part, f"{what}[{i}]") for i, part in enumerate(structure))
    array = _array(structure)
    if array.dtype.kind in "OUST":
        raise UsageError(
            f"{what} must be numbers; received: {array.dtype} such as {_example(array)!r}. Look "
            "words up before: parity compares what is computed from numbers"
        )
    if not array.ndim or not len(array):
        raise UsageError(f"{what} must have at least one row; received: shape {array.shape}")
    return array


def _is_array(part: Any) -> bool:
    return hasattr(part, "shape") or hasattr(part, "to_numpy")


def _array(leaf: Any) -> Any:
    if leaf is None:
        return None
    if hasattr(leaf, "toarray") or getattr(leaf, "ragged_rank", None) or hasattr(leaf, "todense"):
        raise UsageError(f"data must be dense arrays; received: {type(leaf).__name__}")
    if isinstance(leaf, np.ndarray):
        return leaf
    if hasattr(leaf, "to_numpy"):  # a data frame
        return leaf.to_numpy()
    if keras.ops.is_tensor(leaf):
        return host(leaf)
    try:
        return np.asarray(leaf)
    except ValueError as error:
        raise UsageError(
            f"data must be arrays; received a list of uneven length: {error}"
        ) from error


def _example(array: np.ndarray) -> Any:
    return array.flat[0] if array.size else None


def _check_lengths(x: Any, y: Any, sample_weight: Any, name: str) -> None:
    lengths = {len(leaf) for leaf in keras.tree.flatten((x, y, sample_weight)) if leaf is not None}
    if len(lengths) > 1:
        raise UsageError(
            f"{name}: x, y and sample_weight must have as many rows; received: "
            f"{', '.join(map(str, sorted(lengths)))}"
        )


def _check_labels(problem: Problem, name: str) -> None:
    """Refuse labels that are no classes: JAX would train on them in silence."""
    model = problem.model
    losses = [] if model.loss is None else keras.tree.flatten(model.loss)
    labels = [] if problem.y is None else keras.tree.flatten(problem.y)
    shape = getattr(model, "output_shape", None) if model.built else None
    if len(losses) != 1 or len(labels) != 1 or not isinstance(shape, tuple):
        return
    classes = shape[-1] if shape else None
    if not isinstance(classes, int):  # several outputs, or one of any width
        return
    if fault := label_fault(losses[0], labels[0], classes):
        raise UsageError(f"{name}: y: {fault.text}")
