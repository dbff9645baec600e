from keras import ops

try:
    print("shape:", tuple(ops.max_pool(ops.ones((1, 4, 4, 1)), 7, strides=1).shape))
except Exception as error:
    print("shape:", type(error).__name__)
