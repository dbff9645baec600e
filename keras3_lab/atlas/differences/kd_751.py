from keras import ops

try:
    print("arrays:", len(ops.unstack(ops.ones((4, 2)), num=3)))
except Exception as error:
    print("arrays:", type(error).__name__)
