import keras
import numpy as np

x = np.ones((4, 4, 1), "float32")
x[0, 0] = np.nan
y = np.array(keras.layers.Resizing(8, 8)(x))
print("NaN pixels:", int(np.isnan(y).sum()))
