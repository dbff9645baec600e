import keras
import numpy as np

maximum = keras.layers.Lambda(lambda x: keras.ops.max(x, axis=-1, keepdims=True))
model = keras.Sequential([keras.Input((2,)), maximum])
model.compile("sgd", "mae", jit_compile=True)
print("loss:", float(model.test_on_batch(np.array([[np.nan, 2.0]]), np.zeros((1, 1)))))
