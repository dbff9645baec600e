import keras

try:
    print("zeros:", tuple(keras.ops.zeros_like(keras.Variable([1.0, 2.0])).shape))
except Exception as error:
    print("zeros:", type(error).__name__)
