import keras
import numpy as np

a, b = keras.Input((3,)), keras.Input((3,))
model = keras.Model([a, b], keras.layers.Dot(1)([a, b]))
model.compile(jit_compile=True)
x = np.array([[0.2, 1.0, -0.6], [0.6, -0.2, -1.0]], "float32") * 8e29
y = np.array([[-0.2, -1.0, 0.6], [-0.6, 0.2, -1.0]], "float32") * 8e29
print("product:", model.predict_on_batch([x, y]).ravel().tolist())
