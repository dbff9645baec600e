from keras import ops

try:
    print(
        "taken:",
        ops.convert_to_numpy(ops.take_along_axis(ops.arange(2.0), ops.ones((1,)))).tolist(),
    )
except Exception as error:
    print("taken:", type(error).__name__)
