from keras import ops

try:
    print("length:", int(ops.arange(2**24 - 2.0, 2**24 + 3.0).shape[0]))
except Exception as error:
    print("length:", type(error).__name__)
