import keras
import numpy as np

model = keras.Sequential([keras.Input((3, 1)), keras.layers.GlobalMaxPooling1D()])
model.compile(jit_compile=True)
print("largest:", model.predict_on_batch(np.array([[[1.0], [np.nan], [2.0]]])).ravel().tolist())
