import keras
import numpy as np

try:
    x = np.ones((1, 4, 4, 3), "uint8")
    print("shape:", tuple(keras.layers.RandomContrast(0.2)(x, training=True).shape))
except Exception as error:
    print("error:", type(error).__name__)
