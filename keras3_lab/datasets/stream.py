"""Random whole numbers that are the same on every machine and with every NumPy."""

import numpy as np
from numpy.typing import NDArray


class Stream:
    """Whole numbers from the raw bits of Philox.

    NumPy may change the methods of its `Generator` between versions, but not the raw bits.

    Args:
        key: The seed.

    Reference:
        J. K. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
    """

    def __init__(self, key: int):
        self._bits = np.random.Philox(key=key)

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Draw uniformly from `low` to `high - 1`; the span is at most 2³²."""
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))), np.uint64)
        scaled = (raw >> np.uint64(32)) * np.uint64(high - low) >> np.uint64(32)
        return low + scaled.astype(np.int64).reshape(shape)

    def bell(self, spread: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Draw from a bell curve around 0 with standard deviation `spread`: a sum of twelve."""
        total: NDArray[np.int64] = self.integers(0, 1000, (12, *shape)).sum(axis=0)
        return (total - 6 * 999) * spread // 1000
