import os

os.environ["JAX_ENABLE_X64"] = "1"
import keras

print("0.1 in float64:", f"{float(keras.ops.cast(0.1, 'float64')):.12f}")
