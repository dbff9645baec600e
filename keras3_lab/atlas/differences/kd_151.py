from keras import ops

x = ops.convert_to_tensor([1.0])
try:
    print(
        "slope of nextafter:",
        ops.convert_to_numpy(ops.jvp(lambda t: ops.nextafter(t, 2 * x), (x,), (x,))[1]),
    )
except Exception as error:
    print("slope of nextafter:", type(error).__name__)
