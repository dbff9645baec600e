import keras
import numpy as np

line = keras.ops.array([2.0, 0.0, 1.0])
layer = keras.layers.Lambda(lambda x: keras.ops.searchsorted(line, x))
model = keras.Sequential([keras.Input((3,)), layer])
model.compile(jit_compile=True)
x = np.array([[0.5, 1.0, 2.0]], "float32")
print("places in [2, 0, 1]:", model.predict_on_batch(x).tolist())
