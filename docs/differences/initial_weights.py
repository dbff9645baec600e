"""The same seed draws other initial weights.

`keras.utils.set_random_seed` seeds each backend's own generator, and each has its own algorithm.
So two runs of one seed start from different models before anything else can differ.
"""

import keras
import numpy as np

keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
print("set_random_seed:", np.round(model.get_weights()[0].ravel(), 4))

# Remedy: draw the weights by an algorithm that is the same everywhere.
from keras3_lab.portable import initialize

initialize(model, seed=1)
print("portable.initialize:", np.round(model.get_weights()[0].ravel(), 4))
