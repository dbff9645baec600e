import keras
import numpy as np

image = np.arange(16, dtype="float32").reshape(4, 4, 1)
try:
    layer = keras.layers.Resizing(2, 2, interpolation="area")
    print("values:", np.array(layer(image)).ravel().tolist())
except Exception as error:
    print("error:", type(error).__name__)
