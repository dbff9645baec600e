"""Filters that make image patches uncorrelated, the same to the bit wherever they are computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def whitening_filters(
    images: NDArray[np.integer[Any]], mean: Floats, variance: Floats, size: int, epsilon: float
) -> NDArray[np.float32]:
    """Compute the filters that whiten the patches of normalized images.

    Each filter is an eigenvector of the patches' second moments, divided by the square root of
    its eigenvalue; its negative follows in the second half.

    Args:
        images: Whole numbers of 0 to 255, of shape `(rows, height, width, channels)`.
        mean: Mean of each channel, as the network normalizes by.
        variance: Variance of each channel, likewise.
        size: Side of a patch.
        epsilon: Added to the eigenvalues, so that noise is not blown up.

    Returns:
        A convolution kernel of shape `(size, size, channels, 2 * size * size * channels)`.

    Reference:

    - [Page, 2019, How to train your ResNet 8: Bag of tricks](
      https://web.archive.org/web/20231108123408/https://myrtle.ai/learn/how-to-train-your-resnet-8-bag-of-tricks/)
    """
    rows, height, width, channels = images.shape
    area = size * size
    sums = np.zeros(area * channels)
    products = np.zeros((area * channels, area * channels))
    for batch in np.array_split(images, max(1, rows // 500)):
        patches = np.lib.stride_tricks.sliding_window_view(batch, (size, size), axis=(1, 2))
        # From (…, channel, y, x) to the kernel's order.
        flat = np.moveaxis(patches, 3, -1).reshape(-1, area * channels).astype(np.float64)
        # Whole numbers far below 2**53: exact, in whatever order a library sums them up.
        sums += flat.sum(axis=0)
        products += flat.T @ flat
    count = rows * (height - size + 1) * (width - size + 1)
    shift = np.tile(np.asarray(mean, np.float64).ravel(), area)
    scale = np.sqrt(np.tile(np.asarray(variance, np.float64).ravel(), area))
    crossed = np.outer(sums, shift)
    moments = (products - crossed - crossed.T) / count + np.outer(shift, shift)
    values, vectors = _eigen(moments / np.outer(scale, scale))
    filters = vectors / np.sqrt(values + epsilon)
    both = np.concatenate([filters, -filters], axis=1)
    return both.reshape(size, size, channels, -1).astype(np.float32)


def _eigen(matrix: Floats) -> tuple[Floats, Floats]:
    """Find eigenvalues, largest first, and eigenvectors (columns) of a symmetric matrix.

    Jacobi's rotations instead of LAPACK, whose last bits and signs depend on the library's build:
    these use only operations that IEEE 754 rounds exactly. A vector's largest entry is positive.
    """
    matrix = matrix.copy()
    size = len(matrix)
    vectors = np.eye(size)
    for _ in range(20):  # converges quadratically; 12 rows take 7 sweeps
        for p in range(size - 1):
            for q in range(p + 1, size):
                # Python's floats: they go to infinity without a warning.
                off, gap = float(matrix[p, q]), float(matrix[q, q] - matrix[p, p])
                if off == 0:
                    continue
                theta = gap / (2 * off)
                t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1))
                c = 1 / math.sqrt(t * t + 1)
                s = t * c
                for rotated in (matrix, matrix.T, vectors):
                    first, second = rotated[:, p].copy(), rotated[:, q].copy()
                    rotated[:, p] = c * first - s * second
                    rotated[:, q] = s * first + c * second
                matrix[p, q] = matrix[q, p] = 0.0
    order = np.argsort(-matrix.diagonal(), kind="stable")
    vectors = vectors[:, order]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(size)]
    return matrix.diagonal()[order], vectors * np.where(largest < 0, -1.0, 1.0)
