import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.det(x))
model = keras.Sequential([keras.Input((2, 2)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.eye(2)[None])
    print("result:", made.tolist())
except Exception as error:
    print("error:", type(error).__name__)
