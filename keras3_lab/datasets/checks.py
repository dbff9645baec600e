"""Whether four arrays are the data set that they should be."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.specs import Spec
from keras3_lab.errors import UsageError


def check_arrays(spec: Spec, arrays: Arrays, where: str) -> None:
    """Check shapes, dtypes, counts, ranges and that every class occurs.

    Args:
        spec: The data set that it should be.
        arrays: The four arrays.
        where: The file or folder that they came from; it starts the message.

    Raises:
        UsageError: If something is wrong; the message names the array and what was expected.
    """
    dtype = np.dtype(np.uint8 if spec.class_names else np.float32)
    for part, x, y, count in (
        ("train", arrays.x_train, arrays.y_train, spec.n_train),
        ("test", arrays.x_test, arrays.y_test, spec.n_test),
    ):
        check_array(x, (count, *spec.shape), dtype, f"{where}: x_{part}")
        check_array(y, (count,), dtype, f"{where}: y_{part}")
        if spec.class_names:
            _check_labels(y, len(spec.class_names), f"{where}: y_{part}")
        else:
            for column, (feature, limits) in enumerate(
                zip(spec.feature_names, spec.feature_ranges, strict=True)
            ):
                _check_range(
                    x[:, column], limits, f"{where}: x_{part}, column {column} ({feature})"
                )
            _check_range(y, spec.target_range, f"{where}: y_{part}")


def check_array(
    array: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any], what: str
) -> None:
    """Check dtype and shape of one array; `what` starts the message."""
    if array.dtype != dtype or array.shape != shape:
        raise UsageError(
            f"{what} is {array.dtype} of shape {array.shape}; expected {dtype} of shape {shape}"
        )


def _check_labels(labels: NDArray[Any], n_classes: int, what: str) -> None:
    counts = np.bincount(labels, minlength=n_classes)
    if len(counts) > n_classes:
        raise UsageError(f"{what} has label {len(counts) - 1}; allowed: 0 to {n_classes - 1}")
    if not counts.all():
        raise UsageError(f"{what} has no example of class {int(np.argmin(counts))}")


def _check_range(values: NDArray[Any], limits: tuple[float, float], what: str) -> None:
    # Limits in the dtype of the data: -124.35 as float32 lies below -124.35 as float64.
    low, high = (values.dtype.type(limit) for limit in limits)
    least, most = values.min(), values.max()
    if not (low <= least and most <= high):  # in this form NaN fails too
        raise UsageError(f"{what} runs from {least} to {most}; expected {low} to {high}")
