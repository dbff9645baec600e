import keras
import numpy as np

x = np.ones((1, 4, 4, 1), "float32")
x[0, 0, 0] = np.nan
try:
    print("shape:", tuple(keras.layers.Equalization()(x).shape))
except Exception as error:
    print("error:", type(error).__name__)
