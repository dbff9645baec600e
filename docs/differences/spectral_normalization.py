"""SpectralNormalization trains another function.

On JAX the gradient flows through the norm, and `predict` takes the kernel as it is; on TensorFlow
each step overwrites the kernel, and the gradient takes the norm for a constant.
"""

import keras
import numpy as np

from keras3_lab.portable import initialize
from keras3_lab.portable.twins import replace_stock_layers

x = np.random.default_rng(0).normal(size=(32, 5)).astype("float32")


def eighth_loss(twin):
    dense = keras.layers.SpectralNormalization(keras.layers.Dense(4))
    model = keras.Sequential([keras.Input((5,)), dense, keras.layers.Dense(1)])
    if twin:
        replace_stock_layers(model)
    initialize(model, seed=3)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    for _ in range(8):
        loss = model.train_on_batch(x, x.sum(axis=1, keepdims=True))
    return round(float(loss), 4)


print("keras.layers.SpectralNormalization:", eighth_loss(twin=False))

# Remedy: a twin that divides by the norm in training and after. `parity --portable` puts it in.
print("its twin:", eighth_loss(twin=True))
