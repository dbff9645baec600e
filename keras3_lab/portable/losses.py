"""Cross-entropy losses that are one and the same function on every backend.

Keras's own are not. For a softmax output, `keras.losses.SparseCategoricalCrossentropy` divides
the probabilities by their sum and clips them at 1e-7 on JAX, so that the loss stops at 16.1 and the
gradient is **zero** exactly where the model is most wrong. On TensorFlow it looks behind the
softmax for the logits and uses those, if it finds them; where it does not, it clips and
renormalizes. The same recipe and seed then train two different models.

Here the loss of the probabilities is −log(p) of the true class, cut off only at the smallest normal
number of the dtype (1.2e-38 in float32, 2.2e-308 in float64). Behind a softmax the gradient with
respect to the logits is p − onehot down to there, where the true logit is 87 (float32) or
708 (float64) below the largest: probabilities carry nothing beyond. Training on logits with
`from_logits=True` has no such limit.
"""

from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError


class _Crossentropy(keras.losses.Loss):
    """What both losses share: arguments, serialization and log-probabilities."""

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if not 0.0 <= label_smoothing <= 1.0:
            raise UsageError(f"label_smoothing must be 0 to 1; received: {label_smoothing}")
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing}
        return {**super().get_config(), **own}

    def _smoothed(self, y_true: Any) -> Any:
        if not self.label_smoothing:
            return y_true
        return y_true * (1.0 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]


@keras.saving.register_keras_serializable("keras3_lab")
class SparseCategoricalCrossentropy(_Crossentropy):
    """Cross-entropy between class numbers and predictions, alike on every backend.

    Stands in for `keras.losses.SparseCategoricalCrossentropy`, which is a different function on
    JAX and on TensorFlow when the model ends in a softmax; see `keras3_lab/portable/losses.py`.

    Args:
        from_logits: Whether predictions are logits. Defaults to `False`, probabilities.
        reduction: As in `keras.losses.Loss`. Defaults to `"sum_over_batch_size"`, the mean.
        name: Name of the loss.
        dtype: Dtype of the computation. Defaults to `keras.config.floatx()`.
        label_smoothing: Share of each label that is spread evenly over all classes, 0 to 1.

    Call arguments:
        y_true: Class numbers, integers (also as floats), of shape `(n, ...)` or `(n, ..., 1)`.
            A number outside `[0, classes)` counts as a class of probability 0.
        y_pred: Predictions, of shape `(n, ..., classes)`.

    Example:
    ```python
    import numpy as np
    from keras3_lab.losses import SparseCategoricalCrossentropy

    loss = SparseCategoricalCrossentropy()
    print(loss(np.array([1]), np.array([[1.0, 1e-30]])))  # 69.08; Keras says 16.1
    ```
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(from_logits, reduction, name, dtype, label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample, of shape `(n, ...)`."""
        if len(y_true.shape) == len(y_pred.shape):
            y_true = keras.ops.squeeze(y_true, axis=-1)
        # A product with one-hot rows: `take_along_axis` has a scattered gradient, which is slow
        # under XLA and summed in random order on GPUs. The sum only adds zeros: it is exact.
        labels = keras.ops.cast(y_true, "int32")
        chosen = keras.ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)
        if self.from_logits:
            shifted = _shift(y_pred)
            # The true logit comes off last: for a confident, right prediction both are 0.
            return _log_sum_exp(shifted) - keras.ops.sum(self._smoothed(chosen) * shifted, axis=-1)
        if self.label_smoothing:
            return -keras.ops.sum(self._smoothed(chosen) * _safe_log(y_pred), axis=-1)
        return -_safe_log(keras.ops.sum(chosen * y_pred, axis=-1))


@keras.saving.register_keras_serializable("keras3_lab")
class CategoricalCrossentropy(_Crossentropy):
    """Cross-entropy between class distributions and predictions, alike on every backend.

    Stands in for `keras.losses.CategoricalCrossentropy`, which is a different function on
    JAX and on TensorFlow when the model ends in a softmax; see `keras3_lab/portable/losses.py`.

    Args:
        from_logits: Whether predictions are logits. Defaults to `False`, probabilities.
        reduction: As in `keras.losses.Loss`. Defaults to `"sum_over_batch_size"`, the mean.
        name: Name of the loss.
        dtype: Dtype of the computation. Defaults to `keras.config.floatx()`.
        label_smoothing: Share of each label that is spread evenly over all classes, 0 to 1.

    Call arguments:
        y_true: One-hot or soft labels, of shape `(n, ..., classes)`.
        y_pred: Predictions, of the same shape.

    Example:
    ```python
    import numpy as np
    from keras3_lab.losses import CategoricalCrossentropy

    loss = CategoricalCrossentropy(from_logits=True)
    print(loss(np.array([[0.0, 1.0]]), np.array([[25.0, 0.0]])))  # 25.0
    ```
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(from_logits, reduction, name, dtype, label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample, of shape `(n, ...)`."""
        if self.from_logits:
            shifted = _shift(y_pred)
            log_p = shifted - _log_sum_exp(shifted, keepdims=True)
        else:
            log_p = _safe_log(y_pred)
        return -keras.ops.sum(self._smoothed(y_true) * log_p, axis=-1)


def _shift(logits: Any) -> Any:
    largest = keras.ops.max(logits, axis=-1, keepdims=True)
    # The result does not depend on the shift, so its gradient is 0; without `stop_gradient` it
    # would be 0 only up to rounding, and ties among the largest differ between backends.
    return logits - keras.ops.stop_gradient(largest)


def _log_sum_exp(shifted: Any, keepdims: bool = False) -> Any:
    return keras.ops.log(keras.ops.sum(keras.ops.exp(shifted), axis=-1, keepdims=keepdims))


def _safe_log(p: Any) -> Any:
    dtype = keras.backend.standardize_dtype(p.dtype)
    # Written out because NumPy does not know bfloat16, which has float32's exponents.
    smallest = float(np.finfo("float32" if dtype == "bfloat16" else dtype).tiny)
    tiny = keras.ops.convert_to_tensor(smallest, dtype=dtype)
    # `where`, not `maximum`: backends share a tie's gradient out differently. A nan stays one.
    return keras.ops.log(keras.ops.where(p < tiny, tiny, p))
