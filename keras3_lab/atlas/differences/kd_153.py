from keras import ops

x, y = ops.convert_to_tensor([-2.0]), ops.convert_to_tensor([2.0])
slope = ops.jvp(lambda exponent: ops.power(x, exponent), (y,), (ops.ones_like(y),))[1]
print("derivative of (-2) ** 2 by the exponent:", float(slope[0]))
