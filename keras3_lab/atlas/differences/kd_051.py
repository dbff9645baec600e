import keras
import numpy as np

x = (np.random.default_rng(0).normal(size=(64, 4)) + 1e5).astype("float32")
layer = keras.layers.BatchNormalization()
y = np.array(layer(x, training=True), "float64")
print("sum of squares:", float(np.square(y).sum()))
