from keras import ops

x = ops.arange(8.0)
try:
    print(
        "real part:",
        ops.convert_to_numpy(ops.round(ops.ravel(ops.stft(x, 3, 2, 4)[0][:2]), 3)).tolist(),
    )
except Exception as error:
    print("real part:", type(error).__name__)
