from keras import ops

x = ops.convert_to_tensor([float("nan")])
_, slope = ops.jvp(ops.hard_tanh, (x,), (ops.ones_like(x),))
print("slope of hard_tanh at NaN:", round(float(slope[0]), 4))
