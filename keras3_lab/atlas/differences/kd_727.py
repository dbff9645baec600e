from keras import ops

x = ops.ones((1,))
try:
    print("tangent:", ops.convert_to_numpy(ops.jvp(ops.multiply, (x, x), (x, x))[1]).tolist())
except Exception as error:
    print("tangent:", type(error).__name__)
