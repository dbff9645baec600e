import os

os.environ["JAX_ENABLE_X64"] = "1"
import keras
import numpy as np

layer = keras.layers.LayerNormalization(dtype="float64", epsilon=1e-12)
y = np.array(layer(np.array([[1.0, 2.0, 4.0]])))
print("first:", f"{y[0, 0]:.12f}")
