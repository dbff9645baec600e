import keras
import numpy as np

try:
    layer = keras.layers.MaxPooling3D(2, dtype="float16")
    print("shape:", tuple(layer(np.ones((1, 2, 2, 2, 1))).shape))
except Exception as error:
    print("error:", type(error).__name__)
