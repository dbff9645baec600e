import keras
import numpy as np


class Own(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


model = Own([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
try:
    print("trains:", bool(model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)))
except TypeError as error:
    print("trains:", type(error).__name__)
