import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.fori_loop(0, 3, lambda n, total: total + n, x))
model = keras.Sequential([keras.Input((1,)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.zeros((1, 1)))
    print("result:", made.tolist())
except Exception as error:
    print("error:", type(error).__name__)
