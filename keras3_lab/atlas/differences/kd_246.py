import keras
import numpy as np

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), keras.layers.Dense(1)])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)
model.layers[0].trainable = True
try:
    model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)
    print("trains: True")
except ValueError as error:
    print("trains:", type(error).__name__)
