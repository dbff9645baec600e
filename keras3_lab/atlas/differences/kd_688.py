from keras import ops

x = ops.ones((1, 2, 1, 2))
try:
    print(
        "shape:",
        tuple(ops.dot_product_attention(x, x, x, mask=ops.ones((1, 1, 2, 2), "int32")).shape),
    )
except Exception as error:
    print("shape:", type(error).__name__)
