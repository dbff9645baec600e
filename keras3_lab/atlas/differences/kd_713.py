from keras import ops

try:
    print("dtype:", ops.dtype(ops.convert_to_tensor([2**31])))
except Exception as error:
    print("dtype:", type(error).__name__)
