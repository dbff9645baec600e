import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: keras.ops.rearrange(x, "a (b d) -> a b d", b=2))
model = keras.Sequential([keras.Input((4,)), layer])
model.compile(jit_compile=True)
try:
    made = model.predict_on_batch(np.ones((1, 4)))
    print("result:", np.asarray(made).shape)
except Exception as error:
    print("error:", type(error).__name__)
