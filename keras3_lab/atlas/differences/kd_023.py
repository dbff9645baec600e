import keras
import numpy as np

try:
    layer = keras.layers.StringLookup(vocabulary=["cat", "dog"], invert=True)
    print("word:", bytes(np.array(layer(np.array([1])))[0]).decode())
except Exception as error:
    print("error:", type(error).__name__)
