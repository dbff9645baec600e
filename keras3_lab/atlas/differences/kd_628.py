from keras import ops

print("size is a Python number:", isinstance(ops.size(ops.ones((2, 3))), int))
