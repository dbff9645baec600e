"""Losses that are alike on every backend; the implementation is `keras3_lab.portable`."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.portable.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

__all__ = [
    "CategoricalCrossentropy",
    "ClippedCrossentropy",
    "SparseCategoricalCrossentropy",
    "cross_entropy",
]


@keras.saving.register_keras_serializable("keras3_lab")
class ClippedCrossentropy(SparseCategoricalCrossentropy):
    """What TensorFlow makes of `"sparse_categorical_crossentropy"` on outputs of any kind.

    Outputs that are no probabilities are clipped to [ε, 1 − ε] with ε = 1e-7, and divided by their
    sum. An output of 0, or above 1, gets no gradient. It is here for recipes that repeat such a
    mistake; on JAX, Keras divides first, and ten outputs of 0 make a loss of NaN.

    Args:
        name: Name of the loss.
        **arguments: `reduction` and `dtype`, as in `keras.losses.Loss`.

    Call arguments:
        y_true: Class numbers.
        y_pred: Outputs of shape `(n, ..., classes)`.

    Example:
    ```python
    import numpy as np
    from keras3_lab.losses import ClippedCrossentropy

    print(ClippedCrossentropy()(np.array([1]), np.zeros((1, 10))))  # log 10, as by chance
    ```
    """

    def __init__(self, name: str = "clipped_crossentropy", **arguments: Any) -> None:
        super().__init__(**arguments | {"name": name, "from_logits": True})

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample, of shape `(n, ...)`."""
        epsilon = keras.config.epsilon()
        return super().call(y_true, keras.ops.log(keras.ops.clip(y_pred, epsilon, 1 - epsilon)))


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
