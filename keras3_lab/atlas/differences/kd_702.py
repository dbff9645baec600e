from keras import ops

x = ops.ones((2,))
try:
    print("shape:", tuple(ops.cond(x[0] > 0, lambda: x, lambda: x[0]).shape))
except Exception as error:
    print("shape:", type(error).__name__)
