import keras
import numpy as np

x = np.array([[1, 2]], "int32")
print("dtype:", keras.backend.standardize_dtype(keras.layers.Average()([x, x]).dtype))
