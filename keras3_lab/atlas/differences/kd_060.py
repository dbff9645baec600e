import keras
import numpy as np

keras.config.set_floatx("float16")
layer = keras.layers.Normalization(mean=0.5, variance=0.0)
print("normalized:", np.array(layer(np.full((1, 1), 0.5, "float16"))).ravel().tolist())
