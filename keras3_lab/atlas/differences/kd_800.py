import keras

for name in ("Conv1D", "Conv2D", "Conv2DTranspose"):
    layer = getattr(keras.layers, name)(2, 3, data_format="channels_first", dtype="float64")
    shape = (1, 2, 5) if name == "Conv1D" else (1, 2, 5, 5)
    try:
        print(name, tuple(layer(keras.ops.ones(shape, "float64")).shape))
    except Exception as error:
        print(name, type(error).__name__)
