import keras

try:
    weights = keras.initializers.Orthogonal(seed=1)((2, 2), dtype="float16")
    print("dtype:", keras.ops.dtype(weights))
except Exception as error:
    print("Orthogonal:", type(error).__name__)
