import keras
import numpy as np

try:
    x = np.arange(4, dtype="int32").reshape(1, 4, 1)
    print("means:", np.array(keras.layers.AveragePooling1D(2)(x)).ravel().tolist())
except Exception as error:
    print("error:", type(error).__name__)
