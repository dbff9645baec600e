from keras import ops

try:
    print("length:", int(ops.kaiser(0, 8.6).shape[0]))
except Exception as error:
    print("length:", type(error).__name__)
