from keras import ops

x = ops.ones((3,))
try:
    print("shape:", tuple(ops.vstack([x, x]).shape))
except Exception as error:
    print("shape:", type(error).__name__)
