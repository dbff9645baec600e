import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.kron(x, x))
model = keras.Sequential([keras.Input((2,)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.ones((1, 2)))
    print("result:", np.asarray(made).shape)
except Exception as error:
    print("error:", type(error).__name__)
