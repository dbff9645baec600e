import keras
import numpy as np

try:
    print("shape:", tuple(keras.layers.MaxPooling2D(9)(np.ones((1, 4, 4, 1), "float32")).shape))
except Exception as error:
    print("error:", type(error).__name__)
