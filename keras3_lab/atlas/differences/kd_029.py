import keras
import numpy as np

model = keras.Sequential([keras.layers.Resizing(3, 3, interpolation="lanczos3")])
model.compile(jit_compile=True)
try:
    print("shape:", model.predict_on_batch(np.ones((1, 4, 4, 1))).shape)
except Exception as error:
    print("error:", type(error).__name__)
