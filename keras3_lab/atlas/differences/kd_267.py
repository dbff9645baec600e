import keras
import numpy as np

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", loss=lambda y, output: 1.0)
try:
    print("trains:", bool(model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)))
except ValueError as error:
    print("trains:", type(error).__name__)
