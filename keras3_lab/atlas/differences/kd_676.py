from keras import ops

x = ops.reshape(ops.arange(8.0), (1, 8, 1, 1))
try:
    print(
        "space:",
        ops.convert_to_numpy(
            ops.ravel(ops.depth_to_space(x, 2, data_format="channels_first"))
        ).tolist(),
    )
except Exception as error:
    print("space:", type(error).__name__)
