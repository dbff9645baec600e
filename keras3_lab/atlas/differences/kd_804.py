import keras
import numpy as np

x = np.array([[1.0, 0.0, 0.0, -0.0]], "float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(keras.ops.argsort)])
model.compile(jit_compile=True)
print("order of [1, 0, 0, -0]:", model.predict_on_batch(x).tolist())
