"""Threefry-2x32: random bits that are the same on every backend, device and dtype.

`keras.random` hands its seed to the backend's own generator, so one seed gives three different
masks on JAX, TensorFlow and NumPy. Threefry is a *hash* of (key, counter) made of 32-bit
additions, rotations and exclusive ors, which wrap and shift alike everywhere, and it runs inside
`jax.jit`, `jax.lax.scan` and `tf.function` because it keeps no state.
"""

import math
from typing import Any

import keras
import numpy as np

ROUNDS = 13
"""Fewest rounds for which Threefry-2x32 passes BigCrush (Salmon et al., table 2)."""

# Rotation of round r is _ROTATIONS[r % 8]; _PARITY is the key schedule's constant (Random123).
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = np.uint32(0x1BD11BDA)

# Elements that come from the same word of consecutive blocks stay together in stripes of this
# length. Measured on 64 x 32 x 32 x 64 elements, CPU: XLA 4 to 8 ms with stripes of 16 or 64
# (the copy fuses into the hash), 20 to 40 ms when single elements are interleaved or stripes
# are 512 long; TensorFlow without XLA 37 ms and 73 ms.
_STRIPE = 64


def threefry_2x32(
    key: tuple[Any, Any], counter: tuple[Any, Any], rounds: int = ROUNDS, xp: Any = keras.ops
) -> tuple[Any, Any]:
    """Hashes pairs of 32-bit counters under a 64-bit key.

    A bijection of the counter for each key: different counters never collide.

    Args:
        key: Two uint32 arrays that broadcast against the counters. Of shape `(1,)` or more:
            NumPy warns when a *scalar* addition wraps around.
        counter: Two uint32 arrays of one shape.
        rounds: Number of rounds; 13 by default, 20 is the generator JAX uses.
        xp: Namespace with `add`, `bitwise_xor`, `bitwise_or`, `left_shift` and `right_shift`:
            `keras.ops` for the running backend or `numpy` for the host.

    Returns:
        Two uint32 arrays of the counters' shape.

    Example:
    ```python
    import numpy as np
    from keras3_lab.portable import threefry_2x32

    zero = np.zeros(1, np.uint32)
    a, b = threefry_2x32((zero, zero), (zero, zero), xp=np)
    print(f"{a[0]:08x} {b[0]:08x}")  # 9d1c5ec6 8bd50731
    ```

    Reference:

    - [Salmon et al., 2011, Parallel random numbers: as easy as 1, 2, 3](
      https://doi.org/10.1145/2063384.2063405)
    """
    schedule = (*key, xp.bitwise_xor(xp.bitwise_xor(key[0], key[1]), _PARITY))
    x0 = xp.add(counter[0], schedule[0])
    x1 = xp.add(counter[1], schedule[1])
    for r in range(rounds):
        x0 = xp.add(x0, x1)
        x1 = xp.bitwise_xor(_rotate_left(x1, _ROTATIONS[r % 8], xp), x0)
        if r % 4 == 3:
            i = r // 4 + 1
            x0 = xp.add(x0, schedule[i % 3])
            # The key words are added in one go: one pass less over the array.
            x1 = xp.add(x1, xp.add(schedule[(i + 1) % 3], np.uint32(i)))
    return x0, x1


def random_bits(key: Any, shape: Any, xp: Any = keras.ops) -> Any:
    """Draws uniform 32-bit words, a function of `key` and the element's flat index alone.

    An element does not depend on how many follow it: the words of a row are the same in a
    full batch and in the last, partial one.

    Args:
        key: Two words, as a uint32 array or tensor of shape `(2,)`.
        shape: Shape of the result, at most 2**31 elements. Dimensions may be scalar tensors
            (TensorFlow graphs with an unknown batch size).
        xp: `keras.ops` for a tensor of the running backend, `numpy` for the same on the host.

    Returns:
        A uint32 tensor of shape `shape`.

    Example:
    ```python
    import numpy as np
    from keras3_lab.portable import random_bits

    key = np.array([7, 0], np.uint32)
    print(random_bits(key, (2, 3)))
    print(random_bits(key, (2, 3), xp=np))  # the same numbers
    ```
    """
    size = math.prod(shape) if all(isinstance(d, int) for d in shape) else _product(shape)
    stripes = (size + 2 * _STRIPE - 1) // (2 * _STRIPE)
    # TensorFlow has no uint32 range.
    index = _uint32(xp.arange(stripes * _STRIPE, dtype="int32"), xp)
    zero = np.zeros(1, np.uint32)
    key0, key1 = key[0:1], key[1:2]
    # 1-D throughout: on TensorFlow, `keras.ops.add` turns some 2-D sums into `bias_add`, which
    # has no uint32 kernel.
    words = threefry_2x32((key0, key1), (index, zero), xp=xp)
    striped = xp.stack([xp.reshape(word, (-1, _STRIPE)) for word in words], axis=1)
    return xp.reshape(xp.reshape(striped, (-1,))[:size], shape)


def _rotate_left(x: Any, bits: int, xp: Any) -> Any:
    # np.uint32, not int: a Python int may promote uint32 to int64.
    left = xp.left_shift(x, np.uint32(bits))
    return xp.bitwise_or(left, xp.right_shift(x, np.uint32(32 - bits)))


def _uint32(x: Any, xp: Any) -> Any:
    return x.astype(np.uint32) if xp is np else keras.ops.cast(x, "uint32")


def _product(dimensions: Any) -> Any:
    size = 1
    for dimension in dimensions:
        size = size * dimension
    return size
