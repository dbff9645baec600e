from keras import ops

try:
    print(
        "carry:",
        float(ops.scan(lambda s, x: (s + x, s), ops.convert_to_tensor(1), ops.ones((2,)))[0]),
    )
except Exception as error:
    print("carry:", type(error).__name__)
