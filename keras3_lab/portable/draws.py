"""Host-side draws whose every bit depends on the seed alone, not on the CPU.

NumPy guarantees the raw 64-bit stream of its Philox generator, but neither the distributions
built on it nor the last bit of `log`, `exp` and `cos`, whose vectorized versions differ between
processors. The transforms here use only operations that IEEE 754 rounds exactly: + − × ÷ and
square root.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras3_lab.errors import UsageError

Floats = NDArray[np.floating[Any]]  # float64 throughout; NumPy's stubs lose track of it

# Stream tags: which part of a run a draw belongs to. Part of the format: a tag is never reused.
WEIGHTS, SEEDS, ORDER = 1, 2, 3

_CHUNK = 1 << 15  # elements; the normal quantile's dozens of passes stay in the cache

# Wichura's AS241, routine PPND16: numerator and denominator, highest power first.
_CENTRAL = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_NEAR_TAIL = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)

# The normal distribution's mass below -2 and between -2 and 2.
_BELOW_2_SIGMA = 0.022750131948179207
_WITHIN_2_SIGMA = 0.95449973610364159


def raw_words(seed: int, stream: Sequence[int], size: int) -> NDArray[np.uint64]:
    """Draws uniform 64-bit words from the Philox stream that belongs to a seed and a place.

    Args:
        seed: Seed of the run, 0 or greater.
        stream: Integers that name the place of the draw in the run, such as
            `(WEIGHTS, position)`. Different streams are independent.
        size: Number of words.

    Returns:
        A uint64 array of shape `(size,)`.

    Raises:
        UsageError: If `seed` is not an integer of 0 or greater.
    """
    check_seed(seed)
    sequence = np.random.SeedSequence(int(seed), spawn_key=tuple(stream))
    return np.random.Philox(sequence).random_raw(size)


def check_seed(seed: int) -> None:
    """Check that `seed` is an integer of 0 or greater.

    Args:
        seed: What the user gave.

    Raises:
        UsageError: If it is something else.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UsageError(f"`seed` must be an integer of 0 or greater; received: seed={seed!r}")


def seed_word(seed: int, index: int) -> int:
    """Compute the 32-bit word that seeds a model's `index`-th random layer.

    Args:
        seed: Seed of the run, 0 or greater.
        index: Position of the layer's `SeedGenerator` among those of the model.

    Returns:
        An integer in `[0, 2**32)`.

    Example:
    ```python
    from keras3_lab.portable import seed_word

    print(seed_word(seed=0, index=0), seed_word(seed=0, index=1))
    ```
    """
    return int(raw_words(seed, (SEEDS, index), 1)[0] >> np.uint64(32))


def uniform(words: NDArray[np.uint64]) -> Floats:
    """Turn words into numbers uniform in [0, 1).

    Args:
        words: uint64 array of any shape.

    Returns:
        A float64 array of the same shape; multiples of 2**-53.
    """
    return (words >> np.uint64(11)) * 2.0**-53


def standard_normal(words: NDArray[np.uint64]) -> Floats:
    """Turn words into standard normal numbers.

    Args:
        words: uint64 array of shape `(n,)`.

    Returns:
        A float64 array of shape `(n,)`, within ±8.3.
    """
    return _by_chunks(words, 0.0, 1.0)


def truncated_normal(words: NDArray[np.uint64]) -> Floats:
    """Turn words into standard normal numbers cut off at ±2, as Keras's `TruncatedNormal`.

    Args:
        words: uint64 array of shape `(n,)`.

    Returns:
        A float64 array of shape `(n,)`, within ±2.
    """
    return _by_chunks(words, _BELOW_2_SIGMA, _WITHIN_2_SIGMA)


def _by_chunks(words: NDArray[np.uint64], low: float, span: float) -> Floats:
    values = np.empty(words.shape, np.float64)
    for start in range(0, words.size, _CHUNK):
        chunk = words[start : start + _CHUNK]
        # 52 bits and a half: symmetric about 1/2, and neither 0 nor 1, whose quantiles are
        # infinite. With 53 bits the half would round, at the top to 1.
        inside = ((chunk >> np.uint64(12)) + 0.5) * 2.0**-52
        values[start : start + _CHUNK] = normal_quantile(low + span * inside)
    return values


def normal_quantile(p: Floats) -> Floats:
    """Compute the quantile (inverse distribution function) of the standard normal.

    Accurate to about 1e-15, relative.

    Args:
        p: float64 array of probabilities, of shape `(n,)`, strictly between 0 and 1.

    Returns:
        A float64 array of shape `(n,)`.

    Reference:

    - [Wichura, 1988, Algorithm AS 241](https://doi.org/10.2307/2347330)
    """
    q = p - 0.5
    x = q * _ratio(_CENTRAL, 0.180625 - q * q)
    tail = np.flatnonzero(np.abs(q) > 0.425)
    q_tail, p_tail = q[tail], p[tail]
    r = np.sqrt(-_log(np.minimum(p_tail, 1.0 - p_tail)))
    x_tail = np.where(r <= 5.0, _ratio(_NEAR_TAIL, r - 1.6), _ratio(_FAR_TAIL, r - 5.0))
    x[tail] = np.where(q_tail < 0.0, -x_tail, x_tail)
    return x


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: Floats) -> Floats:
    numerator, denominator = (_horner(row, r) for row in coefficients)
    numerator /= denominator
    return numerator


def _horner(coefficients: tuple[float, ...], r: Floats) -> Floats:
    total = np.full_like(r, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= r
        total += coefficient
    return total


def _log(x: Floats) -> Floats:
    """Natural logarithm of numbers in (0, 1), in exactly rounded steps."""
    mantissa, exponent = np.frexp(x)
    low = mantissa < np.sqrt(0.5)
    mantissa = np.where(low, 2.0 * mantissa, mantissa)  # in [sqrt(1/2), sqrt(2))
    exponent = exponent - low
    s = (mantissa - 1.0) / (mantissa + 1.0)
    # log m = 2 atanh s = 2 (s + s**3 / 3 + ...); |s| < 0.172, so the next term is below 1e-17.
    series = _horner(tuple(1.0 / (2 * k + 1) for k in range(10, -1, -1)), s * s)
    # log 2 in two parts: the first has few bits, so that its multiples are exact.
    high: Floats = exponent * 0.693145751953125
    low_part: Floats = exponent * 1.42860682030941723212e-6 + 2.0 * s * series
    return np.add(high, low_part)
