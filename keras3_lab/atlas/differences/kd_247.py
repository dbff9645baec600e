import keras
import numpy as np

model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", keras.losses.MeanSquaredError(reduction=None))
try:
    model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
    print("trains: True")
except TypeError as error:
    print("trains:", type(error).__name__)
