import keras
import numpy as np


class Doubled(keras.layers.Layer):
    def call(self, x):
        return keras.ops.stack([2 * row for row in x])


model = keras.Sequential([Doubled(), keras.layers.Dense(1)])
model.compile("sgd", "mse")
try:
    print("trains:", bool(model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)))
except Exception as error:
    print("trains:", type(error).__name__)
