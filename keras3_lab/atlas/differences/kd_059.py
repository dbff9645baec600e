import keras
import numpy as np

keras.config.set_floatx("bfloat16")
tokens = keras.ops.convert_to_tensor(np.array([1, 2], "int32"))
print("tokens:", keras.backend.standardize_dtype(tokens.dtype))
one = keras.ops.ones((1,))
print("smaller of 1 and 2:", keras.backend.standardize_dtype(keras.ops.minimum(one, 2.0).dtype))
