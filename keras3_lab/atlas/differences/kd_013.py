import keras
import numpy as np

layer = keras.layers.Embedding(3, 1)
try:
    print("row:", np.array(layer(np.array([3]))).tolist())
except Exception as error:
    print("error:", type(error).__name__)
