import keras
import numpy as np

layer = keras.layers.CategoryEncoding(3, output_mode="count")
try:
    print("counts:", np.array(layer(np.array([0, 2, 2], "uint8"))).tolist())
except Exception as error:
    print("error:", type(error).__name__)
