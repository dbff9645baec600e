from keras import ops

x = ops.convert_to_tensor([[float("inf"), float("-inf"), float("nan"), 1.0]])
print("softmax:", ops.convert_to_numpy(ops.softmax(x)).tolist())
