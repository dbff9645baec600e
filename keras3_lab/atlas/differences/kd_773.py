import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.image.resize(x, (8, 3), pad_to_aspect_ratio=True))
model = keras.Sequential([keras.Input((5, 6, 1)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.ones((1, 5, 6, 1)))
    print("result:", np.asarray(made).shape)
except Exception as error:
    print("error:", type(error).__name__)
