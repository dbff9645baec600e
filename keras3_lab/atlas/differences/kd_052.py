import keras
import numpy as np

x = np.array([[np.inf, 0.0, 1.0]], "float32")
print("softmax:", np.array(keras.layers.Softmax()(x)).tolist())
