from keras import ops

x = ops.convert_to_tensor([1.0])
_, slope = ops.jvp(ops.sparse_sigmoid, (x,), (ops.ones_like(x),))
print("slope of sparse_sigmoid at 1:", round(float(slope[0]), 4))
