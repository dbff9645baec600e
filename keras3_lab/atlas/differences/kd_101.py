from keras import ops

x = ops.convert_to_tensor([0.0])
_, slope = ops.jvp(ops.celu, (x,), (ops.ones_like(x),))
print("slope of celu at 0:", round(float(slope[0]), 4))
