import keras

layer = keras.layers.Normalization()
layer.build((None, 2))
print("count:", layer.count.dtype)
