"""An L1 penalty moves a weight that is exactly 0, on JAX alone.

The gradient of |x| at 0 is 1 on JAX and 0 on TensorFlow: of an L1 penalty on a zero weight, and of
the mean absolute error without an error.
"""

import keras
import numpy as np


def weight_after_a_step(start):
    layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=keras.regularizers.L1(0.1))
    model = keras.Sequential([keras.Input((1,)), layer])
    model.set_weights([np.array([[start]])])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))
    return round(float(model.get_weights()[0].item()), 4)


print("from 0:", weight_after_a_step(0.0))

# Remedy: start elsewhere; random initial weights do.
print("from 0.5:", weight_after_a_step(0.5))
