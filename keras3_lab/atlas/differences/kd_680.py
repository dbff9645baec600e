from keras import ops

x = ops.ones((2,))
try:
    print("shape:", tuple(ops.geomspace(x, 2 * x, num=3, axis=-1).shape))
except Exception as error:
    print("shape:", type(error).__name__)
