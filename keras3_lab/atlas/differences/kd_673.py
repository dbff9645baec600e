from keras import ops

x = ops.ones((3,))
try:
    print("cumsum:", ops.convert_to_numpy(ops.cumsum(x, dtype="bool")).tolist())
except Exception as error:
    print("cumsum:", type(error).__name__)
