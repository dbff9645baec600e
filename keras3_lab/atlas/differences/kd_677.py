from keras import ops

try:
    print("trace 9 above:", float(ops.trace(ops.ones((2, 2)), offset=9)))
except Exception as error:
    print("trace 9 above:", type(error).__name__)
