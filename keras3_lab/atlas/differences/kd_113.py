from keras import ops

x = ops.convert_to_tensor([1e-5])
_, slope = ops.jvp(lambda t: ops.tanh_shrink(t), (x,), (ops.ones_like(x),))
print("slope of tanh_shrink at 1e-5:", float(f"{float(slope[0]):.1e}"))
