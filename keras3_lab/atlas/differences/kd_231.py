import keras
import numpy as np

x = np.ones((1, 2), "int32")
loss = keras.losses.mean_absolute_percentage_error(x, x)
print("dtype:", keras.backend.standardize_dtype(loss.dtype))
