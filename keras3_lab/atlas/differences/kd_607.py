from keras import ops

x = ops.convert_to_tensor([1])
try:
    print("elu of [1]:", ops.convert_to_numpy(ops.elu(x)).tolist())
except Exception as error:
    print("elu of [1]:", type(error).__name__)
