"""Adam trains an Embedding with larger steps on TensorFlow.

The gradient of an `Embedding` is one row for each token of the batch. On TensorFlow an optimizer
gets these rows as they are; Adam squares them, and those of a token that occurs twice are summed up
only then: its velocity is too small. On JAX it gets their sum. All optimizers but SGD and Lion are
affected.
"""

import keras
import numpy as np

from keras3_lab.portable import initialize
from keras3_lab.portable.twins import replace_stock_layers

tokens = np.random.default_rng(0).integers(1, 9, (32, 10))


def eighth_loss(twin):
    model = keras.Sequential(
        [
            keras.Input((10,), dtype="int32"),
            keras.layers.Embedding(9, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3),
        ]
    )
    if twin:
        replace_stock_layers(model)
    initialize(model, seed=3)
    model.compile("adam", "mse")
    for _ in range(8):
        loss = model.train_on_batch(tokens, np.ones((32, 3)))
    return round(float(loss), 4)


print("keras.layers.Embedding:", eighth_loss(twin=False))

# Remedy: a twin that hands over the sum, or SGD. `parity --portable` puts the twin in for you.
print("its twin:", eighth_loss(twin=True))
