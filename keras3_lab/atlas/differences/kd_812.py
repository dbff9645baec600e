import keras

layer = keras.layers.SimpleRNN(2, dtype="float16")
try:
    layer.build((None, 3, 2))
    print("kernel:", layer.cell.recurrent_kernel.dtype)
except Exception as error:
    print("kernel:", type(error).__name__)
