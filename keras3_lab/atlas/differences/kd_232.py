import keras
import numpy as np

x = np.zeros((0, 3), "float32")
try:
    print("shape:", tuple(keras.losses.categorical_hinge(x, x).shape))
except Exception as error:
    print("shape:", type(error).__name__)
