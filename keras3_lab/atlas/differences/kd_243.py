import keras
import numpy as np

layer = keras.layers.Dense(1)
layer.measured, call = keras.metrics.Mean(), layer.call
layer.call = lambda x, training=None: layer.measured.update_state(x) or call(x)
model = keras.Sequential([keras.Input((1,)), layer])
model.compile("sgd", "mse")
try:
    model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0)
    print("trains: True")
except TypeError as error:
    print("trains:", type(error).__name__)
