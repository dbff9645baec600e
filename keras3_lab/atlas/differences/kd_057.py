import keras
import numpy as np

layer = keras.layers.ConvLSTM1D(2, 3)
x, mask = np.ones((2, 3, 5, 1), "float32"), np.array([[True, True, False]] * 2)
try:
    print("shape:", tuple(layer(x, mask=mask).shape))
except Exception as error:
    print("error:", type(error).__name__)
