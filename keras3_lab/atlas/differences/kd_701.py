from keras import ops

try:
    print("shape:", tuple(ops.reshape(ops.zeros((0, 3)), (0, -1)).shape))
except Exception as error:
    print("shape:", type(error).__name__)
