import keras
import numpy as np

layer = keras.layers.Conv2D(2, 1, data_format="channels_first", kernel_initializer="zeros")
layer.build((None, 1, 2, 2))
layer.bias.assign([1.0, 2.0])
print("channels:", np.array(layer(np.zeros((1, 1, 2, 2))))[0].tolist())
column = np.array([[1.0], [2.0]], "float32")
print("sum:", np.array(keras.ops.add(np.zeros((2, 2), "float32"), column)).tolist())
