import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.solve_triangular(x, x[..., :1] * 0 + 1))
model = keras.Sequential([keras.Input((2, 2)), layer])
model.compile(jit_compile=True)
x = np.array([[[0.0, 1.0], [0.0, 0.5]]], "float32")
print("solution:", model.predict_on_batch(x).ravel().tolist())
