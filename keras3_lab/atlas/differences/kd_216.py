import keras

keras.config.set_floatx("bfloat16")
x = keras.ops.ones((1,), dtype="bfloat16")
print("dtype:", keras.backend.standardize_dtype(keras.ops.multiply(x, 2.0).dtype))
