from keras import ops

x = ops.convert_to_tensor([-0.0])
_, slope = ops.jvp(ops.rsqrt, (x,), (ops.ones_like(x),))
print("slope of rsqrt at -0.0:", float(slope[0]))
