from keras import ops

try:
    print("array:", ops.convert_to_numpy(ops.array([300.0], dtype="int8")).tolist())
except Exception as error:
    print("array:", type(error).__name__)
