import keras
import numpy as np

loss = keras.losses.sparse_categorical_crossentropy(np.array([0]), np.full((1, 2), 0.5, "float16"))
print("dtype:", keras.backend.standardize_dtype(loss.dtype))
