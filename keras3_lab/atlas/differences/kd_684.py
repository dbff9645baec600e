from keras import ops

try:
    print("linspace:", ops.convert_to_numpy(ops.linspace(0, 1, 2, dtype="bool")).tolist())
except Exception as error:
    print("linspace:", type(error).__name__)
