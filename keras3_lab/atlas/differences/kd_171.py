from keras import ops

x = ops.convert_to_tensor([1.0, 2.0])
try:
    out = ops.jvp(lambda t: ops.slice_update(t, [0], t[1:]), (x,), (x,))[1]
    print("derivative of slice_update:", ops.convert_to_numpy(out).tolist())
except Exception as error:
    print("derivative of slice_update:", type(error).__name__)
