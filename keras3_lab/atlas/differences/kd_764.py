import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.isin(x, x[0, :1]))
model = keras.Sequential([keras.Input((2,)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.array([[0.0, 1.0]]))
    print("result:", made.tolist())
except Exception as error:
    print("error:", type(error).__name__)
