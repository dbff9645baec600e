"""The same seed shuffles into other batches.

`fit` shuffles by NumPy, by `tf.data` or by a loader of PyTorch's, depending on backend and data.
Other batches, other steps: the weights part in the first epoch.
"""

import keras
import numpy as np

import keras3_lab

x = np.arange(64.0).reshape(-1, 1) / 64
y = np.sin(6 * x)


def model():
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    made.compile(keras.optimizers.SGD(0.1), "mse")
    return made


keras.utils.set_random_seed(1)
stock = model()
stock.fit(x, y, batch_size=4, verbose=0)
print("model.fit:", np.round(float(stock.get_weights()[0].item()), 5))

# Remedy: an order that depends on seed and epoch alone.
ours = model()
keras3_lab.fit(ours, x, y, batch_size=4, seed=1, verbose=0)
print("keras3_lab.fit:", np.round(float(ours.get_weights()[0].item()), 5))
