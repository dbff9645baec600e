import keras
import numpy as np

layer = keras.layers.Conv2D(4, 3, use_bias=False)
print("shape:", tuple(layer(np.zeros((0, 7, 6, 4), "float32")).shape))
