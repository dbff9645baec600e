from keras import ops

try:
    print("length:", int(ops.arange(0, 5, -1).shape[0]))
except Exception as error:
    print("length:", type(error).__name__)
