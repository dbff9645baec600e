from keras import ops

x = ops.ones((1,))
try:
    print(
        "tangent:",
        type(ops.jvp(ops.zeros_like, (x,), (x,))[1]).__name__.replace("ArrayImpl", "an array"),
    )
except Exception as error:
    print("tangent:", type(error).__name__)
