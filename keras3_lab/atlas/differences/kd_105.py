from keras import ops

x = ops.convert_to_tensor([float("inf")])
_, slope = ops.jvp(ops.hard_silu, (x,), (ops.ones_like(x),))
print("slope of hard_silu at infinity:", round(float(slope[0]), 4))
