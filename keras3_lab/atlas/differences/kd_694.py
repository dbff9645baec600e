from keras import ops

try:
    print("shape:", tuple(ops.pad(ops.ones((1, 2)), 1).shape))
except Exception as error:
    print("shape:", type(error).__name__)
