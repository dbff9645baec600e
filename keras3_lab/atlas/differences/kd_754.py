import keras

try:
    weights = keras.initializers.Identity()((2, 2), dtype="int32")
    print("dtype:", keras.ops.dtype(weights))
except Exception as error:
    print("Identity:", type(error).__name__)
