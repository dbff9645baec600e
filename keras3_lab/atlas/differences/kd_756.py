import keras

try:
    weights = keras.initializers.HeUniform(seed=1)((2, 2), dtype="int32")
    print("dtype:", keras.ops.dtype(weights))
except Exception as error:
    print("HeUniform:", type(error).__name__)
