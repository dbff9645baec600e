from keras import ops

x = ops.convert_to_tensor([1])
try:
    print("dtype of relu6 of int32:", ops.dtype(ops.relu6(x)))
except Exception as error:
    print("dtype of relu6 of int32:", type(error).__name__)
