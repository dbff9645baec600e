import keras
import numpy as np

x = np.array([[[1.0], [np.nan], [2.0], [0.0]]], "float32")
pool = keras.layers.MaxPooling1D(3, strides=1, padding="same")
print("largest:", np.array(pool(x)).ravel().tolist())
