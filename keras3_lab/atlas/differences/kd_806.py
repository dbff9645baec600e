import keras
import numpy as np

model = keras.Sequential([keras.Input((2, 2)), keras.layers.Lambda(keras.ops.cholesky)])
model.compile(jit_compile=True)
x = np.array([[[1.0, 2.0], [2.0, 4.0]]], "float32")
print("cholesky of [[1, 2], [2, 4]]:", model.predict_on_batch(x).tolist())
