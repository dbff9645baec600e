from keras import ops

x = ops.ones((1,))
try:
    print("geomspace:", ops.convert_to_numpy(ops.ravel(ops.geomspace(-x, x, num=3))).tolist())
except Exception as error:
    print("geomspace:", type(error).__name__)
