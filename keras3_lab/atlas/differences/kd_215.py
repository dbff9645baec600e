import keras
import numpy as np

x = np.ones((1, 2), "float16")
loss = keras.losses.mean_squared_logarithmic_error(x, x)
print("dtype:", keras.backend.standardize_dtype(loss.dtype))
