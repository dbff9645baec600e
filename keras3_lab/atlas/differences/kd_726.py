from keras import ops

x = ops.ones((2, 3))
try:
    print(
        "products:",
        ops.convert_to_numpy(ops.vectorized_map(lambda p: p[0] @ p[1], (x, x))).tolist(),
    )
except Exception as error:
    print("products:", type(error).__name__)
