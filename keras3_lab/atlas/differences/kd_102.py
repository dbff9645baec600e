from keras import ops

x = ops.convert_to_tensor([0.0])
_, slope = ops.jvp(ops.leaky_relu, (x,), (ops.ones_like(x),))
print("slope of leaky_relu at 0:", round(float(slope[0]), 4))
