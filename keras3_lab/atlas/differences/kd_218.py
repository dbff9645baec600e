import os

os.environ["JAX_ENABLE_X64"] = "1"
import keras
import numpy as np

mean = keras.ops.mean(np.array([1 / 3, 1e-300], "float64"))
print("error:", f"{abs(float(mean) - (1 / 3 + 1e-300) / 2):.0e}")
print("mean of 1e60:", float(keras.ops.mean(np.array([1e60]))))
