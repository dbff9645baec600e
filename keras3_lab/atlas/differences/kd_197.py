from keras import ops

x = ops.convert_to_tensor([1, 1])
try:
    print("softmax of whole numbers:", ops.convert_to_numpy(ops.softmax(x)).tolist())
except Exception as error:
    print("softmax of whole numbers:", type(error).__name__)
