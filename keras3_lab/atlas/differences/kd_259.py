import keras
import numpy as np


class Summed(keras.layers.Dense):
    def call(self, x):
        return super().call(x) * float(x.shape[0])


model = keras.Sequential([Summed(1)])
model.compile("sgd", "mse")
try:
    print("trains:", bool(model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)))
except (TypeError, ValueError) as error:
    print("trains:", type(error).__name__)
