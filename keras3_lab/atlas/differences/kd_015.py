import keras
import numpy as np

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.quantize("float8")
model.compile("sgd", "mse", run_eagerly=True)
try:
    model.fit(np.ones((2, 4)), np.ones((2, 2)), verbose=0)
    print("trained")
except Exception as error:
    print("error:", type(error).__name__)
