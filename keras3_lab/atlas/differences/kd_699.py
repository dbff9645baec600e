from keras import ops

try:
    print("stacked:", ops.convert_to_numpy(ops.stack([])).tolist())
except Exception as error:
    print("stacked:", type(error).__name__)
