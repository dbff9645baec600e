import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.cumsum(keras.ops.cast(x, "uint8"), axis=1))
model = keras.Sequential([keras.Input((3,)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.ones((1, 3)))
    print("result:", made.tolist())
except Exception as error:
    print("error:", type(error).__name__)
