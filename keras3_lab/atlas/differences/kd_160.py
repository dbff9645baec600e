from keras import ops

x, ids = ops.convert_to_tensor([2.0, 3.0]), ops.convert_to_tensor([0, 0])
try:
    out = ops.jvp(lambda t: ops.segment_prod(t, ids, 1), (x,), (ops.ones_like(x),))[1]
    print("derivative of segment_prod:", float(out[0]))
except Exception as error:
    print("derivative of segment_prod:", type(error).__name__)
