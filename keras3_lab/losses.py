"""Losses that are alike on every backend; the implementation is `keras3_lab.portable`."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.portable.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

__all__ = ["CategoricalCrossentropy", "SparseCategoricalCrossentropy", "cross_entropy"]


def cross_entropy(y_true: Any, y_pred: Any) -> Any:
    """Compute N3's cross-entropy error, −1/N Σₙ Σᵢ yᵢ log ỹᵢ, as it stands there.

    Args:
        y_true: One-hot labels of shape `(rows, classes)`.
        y_pred: Probabilities of the same shape.

    Returns:
        A scalar tensor, the mean over the rows. Infinite where a true class has probability 0;
        `CategoricalCrossentropy` is the one to train with.

    Example:
    ```python
    import numpy as np
    from keras3_lab.losses import cross_entropy

    print(cross_entropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])))  # log 2
    ```
    """
    y_pred = keras.ops.convert_to_tensor(y_pred)
    y_true = keras.ops.cast(y_true, y_pred.dtype)
    # 0 · log 0 is 0 here: only the true class counts.
    terms = keras.ops.where(
        y_true > 0, y_true * keras.ops.log(y_pred), keras.ops.zeros_like(y_pred)
    )
    return -keras.ops.mean(keras.ops.sum(terms, axis=-1))
