import keras
import numpy as np

model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.MixUp()])
model.compile("sgd", "mse", jit_compile=True)
try:
    model.train_on_batch(np.ones((2, 4, 4, 3)), np.ones((2, 4, 4, 3)))
    print("ran")
except Exception as error:
    print("error:", type(error).__name__)
