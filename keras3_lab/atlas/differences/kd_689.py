from keras import ops

x = ops.reshape(ops.arange(6.0), (2, 3))
try:
    print(
        "signal:",
        ops.convert_to_numpy(ops.round(ops.istft((x, x), 4, 2, 4, center=False), 4)).tolist(),
    )
except Exception as error:
    print("signal:", type(error).__name__)
