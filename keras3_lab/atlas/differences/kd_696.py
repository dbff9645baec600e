from keras import ops

try:
    print("repeated:", ops.convert_to_numpy(ops.repeat(ops.arange(2.0), [2, 1])).tolist())
except Exception as error:
    print("repeated:", type(error).__name__)
