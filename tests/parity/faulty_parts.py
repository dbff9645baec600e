"""Layers and losses that are wrong: what the faults of `zoo.py` are made of."""

from __future__ import annotations

import keras
from keras import layers, ops

from keras3_lab.layers import Dropout


@keras.saving.register_keras_serializable("faulty")
class Biasless(layers.Dense):
    """Has a bias and does not add it."""

    def call(self, inputs, training=None):
        return ops.matmul(inputs, self.kernel)


@keras.saving.register_keras_serializable("faulty")
class Single(layers.Dense):
    """Computes in float32 whatever its dtype."""

    def call(self, inputs, training=None):
        x = ops.matmul(ops.cast(inputs, "float32"), ops.cast(self.kernel, "float32"))
        return ops.cast(x, inputs.dtype) + self.bias


@keras.saving.register_keras_serializable("faulty")
class Tf32(layers.Dense):
    """Rounds to tf32's 10 bits in float32 alone, as a GPU may."""

    def call(self, inputs, training=None):
        if keras.config.floatx() == "float64":
            return super().call(inputs)
        big = inputs * 8193.0
        return super().call(big - (big - inputs))


@keras.saving.register_keras_serializable("faulty")
class Shifted(layers.Conv2D):
    """Pads by one row and column less before, and one more behind."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "padding": "valid"})

    def call(self, inputs):
        return super().call(ops.pad(inputs, [(0, 0), (2, 1), (2, 1), (0, 0)]))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)


@keras.saving.register_keras_serializable("faulty")
class Blocked(layers.Dense):
    """Lets no gradient through to its kernel's first row."""

    def call(self, inputs, training=None):
        kernel = ops.concatenate([ops.stop_gradient(self.kernel[:1]), self.kernel[1:]])
        return ops.matmul(inputs, kernel) + self.bias


@keras.saving.register_keras_serializable("faulty")
class Stuck(Dropout):
    """Draws the same mask at every step."""

    def call(self, inputs, training=False):
        before = ops.copy(self.seed_generator.state)
        outputs = super().call(inputs, training=training)
        self.seed_generator.state.assign(before)
        return outputs


@keras.saving.register_keras_serializable("faulty")
class Unbiased(layers.BatchNormalization):
    """Divides the variance by n - 1."""

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=False)
        outputs = super().call(inputs, training=True)
        rows = ops.cast(ops.shape(inputs)[0], inputs.dtype)
        return (outputs - self.beta) * ops.sqrt((rows - 1) / rows) + self.beta


@keras.saving.register_keras_serializable("faulty")
class FixedBatch(keras.losses.Loss):
    """Divides the sum by the full batch, of a partial one, too."""

    def __init__(self, rows=None, name="fixed", **kwargs):
        super().__init__(name=name, reduction="sum")
        self.rows = rows

    def call(self, y_true, y_pred):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        return losses / (self.rows or ops.cast(ops.shape(y_pred)[0], y_pred.dtype))

    def get_config(self):
        return {"rows": self.rows}


@keras.saving.register_keras_serializable("faulty")
class Clipping(keras.losses.Loss):
    """Cuts probabilities off at 1e-7, as Keras does on JAX."""

    def call(self, y_true, y_pred):
        chosen = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
        return -ops.log(ops.clip(ops.sum(chosen * y_pred, axis=-1), 1e-7, 1.0))


@keras.saving.register_keras_serializable("faulty")
class Unweighted(keras.losses.SparseCategoricalCrossentropy):
    """Forgets the sample weights."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, y_pred)
