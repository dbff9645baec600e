from keras import ops

x = ops.arange(3.0)
try:
    print("vectorized:", ops.convert_to_numpy(ops.vectorize(lambda a, b: a * b)(x, x)).tolist())
except Exception as error:
    print("vectorized:", type(error).__name__)
