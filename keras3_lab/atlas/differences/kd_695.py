from keras import ops

x = ops.reshape(ops.arange(4.0), (2, 2))
try:
    print("rolled:", ops.convert_to_numpy(ops.ravel(ops.roll(x, 1, axis=(0, 1)))).tolist())
except Exception as error:
    print("rolled:", type(error).__name__)
