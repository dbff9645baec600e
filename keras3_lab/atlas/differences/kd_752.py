from keras import ops

try:
    print("trace:", float(ops.trace(ops.ones((4, 6)), offset=1)))
except Exception as error:
    print("trace:", type(error).__name__)
