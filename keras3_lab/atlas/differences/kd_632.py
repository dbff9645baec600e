from keras import ops

x = 2 * ops.eye(2)
try:
    out = ops.jvp(lambda t: ops.lu_factor(t)[0], (x,), (x,))[1]
    print("derivative of lu_factor:", ops.convert_to_numpy(out).tolist())
except Exception as error:
    print("derivative of lu_factor:", type(error).__name__)
