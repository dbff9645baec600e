"""Batch order: which rows an epoch visits, the same on every backend.

`fit(shuffle=True)` leaves the order to the backend's data pipeline, so the same seed gives two
different orders. Here it is made on the host, once per epoch.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from keras3_lab.errors import UsageError
from keras3_lab.portable.draws import ORDER, check_seed, raw_words


def batch_order(seed: int, epoch: int, size: int) -> NDArray[np.int32] | NDArray[np.int64]:
    """Shuffles the rows of a data set, by seed and epoch.

    Any epoch's order can be had without those before it, so a run resumes in the middle.

    Args:
        seed: Seed of the run, 0 or greater.
        epoch: Number of the epoch, from 0.
        size: Number of rows.

    Returns:
        A permutation of `range(size)`: an array of shape `(size,)`, int32, or int64 from 2**31
        rows on.

    Raises:
        UsageError: If an argument is negative.

    Example:
    ```python
    from keras3_lab.portable import batch_order

    print(batch_order(seed=0, epoch=3, size=10))
    ```
    """
    check_seed(seed)
    if epoch < 0 or size < 0:
        raise UsageError(
            f"`epoch` and `size` must be 0 or greater; received: epoch={epoch}, size={size}"
        )
    order = _argsort(raw_words(seed, (ORDER, epoch), size))
    return order if size >= 2**31 else order.astype(np.int32)


def order_digest(seed: int, size: int, epochs: int) -> str:
    """Compute a fingerprint of the batch orders of a run.

    Args:
        seed: Seed of the run.
        size: Number of rows.
        epochs: Number of epochs, from epoch 0 on.

    Returns:
        The SHA-256 of the orders as little-endian int64, in hexadecimal.
    """
    digest = hashlib.sha256()
    for epoch in range(epochs):
        digest.update(batch_order(seed, epoch, size).astype("<i8").tobytes())
    return digest.hexdigest()


def _argsort(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    # NumPy's default sort is 2 to 5 times as fast as the stable one, but what it does with equal
    # words depends on the CPU. 64-bit words are almost never equal: look, and sort again if so.
    order = np.argsort(words)
    ordered = words[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.argsort(words, kind="stable")
    return order.astype(np.int64, copy=False)
