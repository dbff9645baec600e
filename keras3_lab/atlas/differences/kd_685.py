from keras import ops

x = ops.ones((1, 2, 2, 1), "bool")
try:
    print("pooled:", ops.convert_to_numpy(ops.ravel(ops.max_pool(x, 2, strides=2))).tolist())
except Exception as error:
    print("pooled:", type(error).__name__)
