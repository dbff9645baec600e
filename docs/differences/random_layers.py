"""Dropout with the same seed drops other units.

All of Keras's random layers (`Dropout`, `GaussianNoise`, `RandomFlip`, …) draw from the backend's
generator: a seed makes them repeatable on one backend, and nothing more.
"""

import keras
import numpy as np

ones = np.ones((1, 8), "float32")
dropped = keras.layers.Dropout(0.5, seed=1)(ones, training=True)
print("keras.layers.Dropout:", np.array(dropped, int)[0])

# Remedy: the same mask everywhere. `parity --portable` puts such twins into a model of yours.
from keras3_lab.layers import Dropout

print("keras3_lab.layers.Dropout:", np.array(Dropout(0.5, seed=1)(ones, training=True), int)[0])
