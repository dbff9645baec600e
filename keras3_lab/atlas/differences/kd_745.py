from keras import ops

x = ops.ones((1, 2, 1, 4))
try:
    print("shape:", tuple(ops.dot_product_attention(x, x, ops.ones((1, 2, 1, 5))).shape))
except Exception as error:
    print("shape:", type(error).__name__)
