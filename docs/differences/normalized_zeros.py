"""One row of zeros makes all weights NaN on JAX.

The gradient of `ops.normalize` at a row of zeros is NaN on JAX and finite on TensorFlow. So it is
in `UnitNormalization` and `CosineSimilarity`. One empty text, one black image, and nothing is left.
"""

import keras
import numpy as np

ops = keras.ops
x = np.array([[3.0, 4.0], [0.0, 0.0]], "float32")


def weight_after_a_step(normalize):
    inputs = keras.Input((2,))
    dense = keras.layers.Dense(2, use_bias=False, kernel_initializer="identity")
    model = keras.Model(inputs, normalize(dense(inputs)))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.train_on_batch(x, np.ones((2, 2)))
    return np.round(model.get_weights()[0][0], 4)


print("UnitNormalization:", weight_after_a_step(keras.layers.UnitNormalization()))


# Remedy: keep the root away from 0.
class SafeNormalization(keras.layers.Layer):
    def call(self, x):
        squares = ops.sum(x * x, axis=-1, keepdims=True)
        return x / ops.sqrt(ops.maximum(squares, 1e-12))


print("with a floor:", weight_after_a_step(SafeNormalization()))
