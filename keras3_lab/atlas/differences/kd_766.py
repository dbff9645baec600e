import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.nanmedian(x, axis=1))
model = keras.Sequential([keras.Input((3,)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.array([[1.0, np.nan, 3.0]]))
    print("result:", made.tolist())
except Exception as error:
    print("error:", type(error).__name__)
