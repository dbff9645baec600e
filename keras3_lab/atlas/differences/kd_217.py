import keras
import numpy as np

loss = keras.losses.MeanSquaredError(dtype="float64")(np.ones(2), np.zeros(2))
print("dtype:", keras.backend.standardize_dtype(loss.dtype))
