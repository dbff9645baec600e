import keras
import numpy as np

try:
    x = np.arange(8, dtype="int32").reshape(1, 2, 2, 2, 1)
    print("largest:", np.array(keras.layers.MaxPooling3D(2)(x)).ravel().tolist())
except Exception as error:
    print("error:", type(error).__name__)
