from keras import ops

try:
    print("arange:", ops.convert_to_numpy(ops.arange(0.0, 3.0, 0.7, dtype="int32")).tolist())
except Exception as error:
    print("arange:", type(error).__name__)
