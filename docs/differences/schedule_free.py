"""ScheduleFreeAdamW loses its momentum on TensorFlow.

Its momentum is overwritten there before the old one is read. The loss still falls, more slowly.
"""

import keras
import numpy as np

from keras3_lab.portable import initialize

x = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")


def twelfth_loss(optimizer):
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    )
    initialize(model, seed=1)
    model.compile(optimizer, "mse")
    for _ in range(12):
        loss = model.train_on_batch(x, x.sum(axis=1, keepdims=True))
    return round(float(loss), 4)


print("ScheduleFreeAdamW:", twelfth_loss(keras.optimizers.ScheduleFreeAdamW(0.05)))

# Remedy: another optimizer.
print("AdamW:", twelfth_loss(keras.optimizers.AdamW(0.05)))
