from keras import ops

x = ops.convert_to_tensor([float("nan")])
_, slope = ops.jvp(ops.elu, (x,), (ops.ones_like(x),))
print("slope of elu at NaN:", round(float(slope[0]), 4))
