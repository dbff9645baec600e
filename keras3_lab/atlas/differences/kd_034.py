import keras
import numpy as np

x = np.full((2, 7, 6, 3), -np.inf, "float32")
print("largest:", np.array(keras.layers.MaxPooling2D(2)(x)).max())
