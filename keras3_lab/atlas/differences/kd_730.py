from keras import ops

try:
    print("dtype:", ops.dtype(ops.cumsum(ops.ones((2,)), dtype="float64")))
except Exception as error:
    print("dtype:", type(error).__name__)
