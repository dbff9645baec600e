import keras
import numpy as np

turn = np.array([[0.0, 1, 0, -1, 0, 3, 0, 0]], "float32")
layer = keras.layers.Lambda(lambda x: keras.ops.image.affine_transform(x, turn))
model = keras.Sequential([keras.Input((4, 4, 1)), layer])
model.compile(jit_compile=True)
try:
    print("shape:", model.predict_on_batch(np.ones((1, 4, 4, 1))).shape)
except Exception as error:
    print("error:", type(error).__name__)
