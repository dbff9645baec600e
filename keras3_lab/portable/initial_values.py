"""Initial values of one weight, as its Keras initializer describes them, drawn on the host."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras3_lab.portable.dirac import Dirac
from keras3_lab.portable.draws import (
    WEIGHTS,
    Floats,
    raw_words,
    standard_normal,
    truncated_normal,
    uniform,
)
from keras3_lab.private.initializers import compute_fans, random_calls

_DETERMINISTIC = (
    keras.initializers.Zeros,
    keras.initializers.Ones,
    keras.initializers.Constant,
    keras.initializers.Identity,
    keras.initializers.STFT,
)
_RANDOM = (
    keras.initializers.RandomNormal,
    keras.initializers.TruncatedNormal,
    keras.initializers.RandomUniform,
    keras.initializers.VarianceScaling,  # Glorot, He and Lecun are its subclasses
    keras.initializers.Orthogonal,
    Dirac,
)


def is_known(initializer: Any) -> bool:
    """Tells whether `draw_values` can draw for an initializer.

    Args:
        initializer: A Keras initializer or any callable.

    Returns:
        True for Keras's random initializers and for subclasses that do not redefine what is
        drawn.
    """
    return any(
        isinstance(initializer, kind) and type(initializer).__call__ is kind.__call__
        for kind in _RANDOM
    )


def is_random(initializer: Callable[..., Any], shape: Sequence[int], dtype: str) -> bool:
    """Tells whether an initializer's values depend on chance.

    For a callable that is not Keras's own, such as the function that gives the bias of an LSTM its
    ones, the only way to know is to call it and see whether it draws.

    Args:
        initializer: A Keras initializer or any callable that takes `(shape, dtype=...)`.
        shape: Shape of the weight.
        dtype: Dtype of the weight.

    Returns:
        True if it calls a random function of Keras, or if two calls differ.
    """
    if type(initializer) in _DETERMINISTIC:
        return False
    if isinstance(initializer, _RANDOM):
        return True
    with random_calls() as calls:
        first, second = (
            keras.ops.convert_to_numpy(initializer(tuple(shape), dtype=dtype)) for _ in range(2)
        )
    return bool(calls) or not np.array_equal(first, second)


def draw_values(
    initializer: Any, shape: Sequence[int], seed: int, position: int
) -> NDArray[np.float32]:
    """Draws the initial values of a weight.

    The distribution is that of the Keras initializer; its own seed is ignored.

    Args:
        initializer: A Keras random initializer, for which `is_known` is true.
        shape: Shape of the weight.
        seed: Seed of the run.
        position: Position of the weight among the randomly initialized ones of the model.

    Returns:
        A float32 array of shape `shape`, rounded from float64, so that a float64 model starts from
        the very numbers a float32 model starts from.
    """
    words = raw_words(seed, (WEIGHTS, position), math.prod(shape))
    return _draw(initializer, tuple(shape), words).reshape(shape).astype(np.float32)


def stft_values(initializer: Any, shape: Sequence[int]) -> NDArray[np.float32]:
    """Compute the kernel of a short-time Fourier transform.

    Nothing is drawn, but each backend's sine and cosine have last bits of their own.

    Args:
        initializer: A `keras.initializers.STFT`.
        shape: Shape of the weight, `(frame length, 1, frequencies)`.

    Returns:
        A float32 array of that shape, rounded from float64.
    """
    length, _, frequencies = shape
    angles = np.outer(np.arange(length), np.arange(frequencies)) * (-np.pi / (frequencies - 1))
    values = np.cos(angles) if initializer.side == "real" else np.sin(angles)
    # What is 0 but for rounding has no digits that every processor agrees on.
    values = np.round(values, 12) + 0.0
    window = initializer.window
    if window is not None:
        if isinstance(window, str):
            from scipy.signal import get_window  # slow to import, and needed here alone

            window = get_window(window, length, initializer.periodic)
        window = np.asarray(window, np.float64)
        scale = {"density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(np.abs(window))}
        values = values * (window / scale.get(initializer.scaling, 1.0))[:, None]
    return values.reshape(tuple(shape)).astype(np.float32)


def _draw(initializer: Any, shape: tuple[int, ...], words: NDArray[np.uint64]) -> Floats:
    match initializer:
        case keras.initializers.RandomNormal():
            return _affine(standard_normal(words), initializer.stddev, initializer.mean)
        case keras.initializers.TruncatedNormal():
            return _affine(truncated_normal(words), initializer.stddev, initializer.mean)
        case keras.initializers.RandomUniform():
            low, high = initializer.minval, initializer.maxval
            return _affine(uniform(words), high - low, low)
        case keras.initializers.Orthogonal():
            return _affine(_orthogonal(shape, standard_normal(words)), initializer.gain, 0.0)
        case Dirac():
            values = _scaled(initializer, shape, words).reshape(shape)
            return initializer.with_identity(values)
        case _:
            return _scaled(initializer, shape, words)


def _affine(values: Floats, scale: float, shift: float) -> Floats:
    return shift + scale * values


def _scaled(initializer: Any, shape: tuple[int, ...], words: NDArray[np.uint64]) -> Floats:
    fan_in, fan_out = compute_fans(
        shape, input_axes=initializer.input_axes, output_axes=initializer.output_axes
    )
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    variance = initializer.scale / max(1.0, fans[initializer.mode])
    if initializer.distribution == "uniform":
        limit = math.sqrt(3.0 * variance)
        return limit * (2.0 * uniform(words) - 1.0)
    if initializer.distribution == "untruncated_normal":
        return math.sqrt(variance) * standard_normal(words)
    # The constant, as in Keras, is the standard deviation of a normal cut off at ±2.
    return math.sqrt(variance) / 0.87962566103423978 * truncated_normal(words)


def _orthogonal(shape: tuple[int, ...], normal: Floats) -> Floats:
    """Orthonormalizes random vectors; uniform over the orthogonal matrices.

    Modified Gram-Schmidt instead of LAPACK's QR, whose last bits depend on the library build. The
    factor R has a positive diagonal by construction, so no signs need mending.
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    vectors = normal.reshape(min(rows, columns), max(rows, columns)).copy()
    for i, vector in enumerate(vectors):
        vector /= np.sqrt(_fold(vector * vector))
        rest = vectors[i + 1 :]
        rest -= _fold(rest * vector)[:, None] * vector
    return vectors if rows < columns else vectors.T


def _fold(terms: Floats) -> Floats:
    """Sum over the last axis by halves: in one fixed order, unlike `np.sum`."""
    while (size := terms.shape[-1]) > 1:
        half = size // 2
        total = terms[..., :half] + terms[..., half : 2 * half]
        if size % 2:
            total[..., 0] += terms[..., -1]
        terms = total
    return terms[..., 0]
