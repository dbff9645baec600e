from keras import ops

x = ops.convert_to_tensor([float("inf")])
_, slope = ops.jvp(ops.softsign, (x,), (ops.ones_like(x),))
print("slope of softsign at infinity:", round(float(slope[0]), 4))
