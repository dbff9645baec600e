from keras import ops

x = ops.arange(2.0)
try:
    print("padded:", ops.convert_to_numpy(ops.pad(x, ((1, 1),), mode="edge")).tolist())
except Exception as error:
    print("padded:", type(error).__name__)
