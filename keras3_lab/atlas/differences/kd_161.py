from keras import ops

line = ops.convert_to_tensor([1, 2], "int32")
try:
    print(
        "1.5 in [1, 2]:",
        ops.convert_to_numpy(ops.searchsorted(line, ops.convert_to_tensor([1.5]))).tolist(),
    )
except Exception as error:
    print("1.5 in [1, 2]:", type(error).__name__)
