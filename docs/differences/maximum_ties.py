"""Between equals, maximum shares the gradient on JAX.

The gradient of `ops.maximum` between equal entries is ½ for each on JAX, and 1 for the first on
TensorFlow. `ops.clip` at its bounds is alike in that.
"""

import keras
import numpy as np

ops = keras.ops


def slope(function):
    class Layer(keras.layers.Layer):
        def call(self, x):
            return function(x)

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False), Layer()])
    model.set_weights([np.zeros((1, 1))])
    model.compile(keras.optimizers.SGD(1.0), loss=lambda truth, output: output)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return abs(round(float(model.get_weights()[0].item()), 3))


print("maximum(x, 0) at 0:", slope(lambda x: ops.maximum(x, 0.0)))

# Remedy: say which one is meant.
print("relu(x) at 0:", slope(ops.relu))
print("where(x > 0, x, 0) at 0:", slope(lambda x: ops.where(x > 0, x, 0.0)))
