"""How much two arrays differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Difference(NamedTuple):
    """The largest difference between two arrays.

    Args:
        relative: The difference, relative to their scale; infinite where one is not finite or the
            shapes are not the same.
        at: Where in the arrays it is.
        values: The two values there.
    """

    relative: float
    at: tuple[int, ...]
    values: tuple[float, float]


def largest_difference(one: np.ndarray, other: np.ndarray, scale: float = 0.0) -> Difference:
    """Measure the largest difference of two arrays, relative to their largest entry.

    Entries are not divided by themselves: an entry that is 0 but for rounding would then count
    as wholly different.

    Args:
        one: An array.
        other: One of the same shape.
        scale: What to divide by at least.

    Returns:
        The difference, where it is, and the values there. Integers differ by infinity or 0.

    Example:
    ```python
    import numpy as np
    from keras3_lab.parity.compare.measure import largest_difference

    print(largest_difference(np.array([1.0, 2.0]), np.array([1.0, 2.1])))
    ```
    """
    if one.shape != other.shape:
        return Difference(np.inf, (), (float(one.size), float(other.size)))
    if not one.size:
        return Difference(0.0, (), (0.0, 0.0))
    exact = one.dtype.kind in "iub" and other.dtype.kind in "iub"
    first, second = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(invalid="ignore"):
        differences = np.abs(first - second)
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    differences = np.where(same, 0.0, np.where(np.isfinite(differences), differences, np.inf))
    flat = int(np.argmax(differences))
    at = tuple(int(i) for i in np.unravel_index(flat, one.shape))
    largest = float(differences.flat[flat])
    if exact and largest:
        largest = np.inf
    elif 0 < largest < np.inf:
        largest /= max(scale, magnitude(first), magnitude(second))
    return Difference(largest, at, (float(first.flat[flat]), float(second.flat[flat])))


def magnitude(array: np.ndarray) -> float:
    """Return the largest finite absolute value, or 0."""
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def typical_scale(arrays: Mapping[str, np.ndarray]) -> float:
    """Return the median magnitude of the floating-point arrays of one kind.

    It is the scale of those that are small next to the others. A bias before a
    BatchNormalization has a gradient of 0 in theory and of 1e-17 in practice, and Adam's slot for
    it holds the square of that: nothing there can be compared but with what its kind is like.
    """
    magnitudes = [magnitude(a) for a in arrays.values() if a.dtype.kind == "f" and a.size]
    return float(np.median(magnitudes)) if magnitudes else 0.0


def step_differences(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the relative difference of each step's figures, of shape `(steps,)`.

    Args:
        one: Figures of each step, of shape `(steps,)`.
        other: Those of the other lane; the steps that both have are compared.

    Returns:
        Absolute differences over the larger figure, or over a thousandth of the run's median where
        that is larger: a loss next to 0 has no relative accuracy.
    """
    steps = min(len(one), len(other))
    first, second = one[:steps].astype(np.float64), other[:steps].astype(np.float64)
    finite = np.abs(first[np.isfinite(first)])
    floor = 1e-3 * float(np.median(finite)) if finite.size else 0.0
    with np.errstate(invalid="ignore"):
        scale = np.maximum(np.maximum(np.abs(first), np.abs(second)), max(floor, 1e-300))
        relative = np.abs(first - second) / scale
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    return np.where(same, 0.0, np.where(np.isnan(relative), np.inf, relative))
