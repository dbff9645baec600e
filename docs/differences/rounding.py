"""In float32, two runs part although nothing is wrong.

A matrix product is a sum, and each compiler sums in its own order. The last bit differs; training
multiplies it until, some hundred or thousand steps on, single losses have nothing in common. Their
means do: that is what `parity` compares in float32.
"""

import keras
import numpy as np

import keras3_lab
from keras3_lab.portable import initialize

rng = np.random.default_rng(0)
x, y = rng.normal(size=(512, 8)), rng.normal(size=(512, 1))


model = keras.Sequential(
    [keras.Input((8,)), *(keras.layers.Dense(32, "relu") for _ in range(2)), keras.layers.Dense(1)]
)
initialize(model, seed=1)
model.compile(keras.optimizers.SGD(0.1), "mse")
history = keras3_lab.fit(model, x, y, epochs=100, batch_size=8, seed=1, verbose=0).history
print("epoch 100:", f"{history['loss'][-1]:.9f}")
print("epoch 1:", f"{history['loss'][0]:.9f}")

# Remedy: none is needed. To see that both compute the same, compute in float64:
# `keras3_lab run RECIPE --dtype float64`, or `parity`, which compares every step.
