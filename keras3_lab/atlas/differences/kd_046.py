import keras
import numpy as np

x = np.array([[[0], [1], [3]]], "uint8")[None]
model = keras.Sequential([keras.Input((1, 3, 1), dtype="uint8"), keras.layers.Resizing(1, 2)])
model.compile(jit_compile=False)
print("pixels:", model.predict(x, verbose=0).ravel().tolist())
