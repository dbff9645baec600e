import keras
import numpy as np

inputs = keras.Input((1,))
model = keras.Model(inputs, {name: keras.layers.Dense(1)(inputs) for name in "ba"})
print("outputs:", list(model.predict(np.ones((1, 1)), verbose=0)))
