from keras import ops

x = ops.arange(2.0)
try:
    print("padded:", ops.convert_to_numpy(ops.pad(x, ((2, 2),), mode="reflect")).tolist())
except Exception as error:
    print("padded:", type(error).__name__)
