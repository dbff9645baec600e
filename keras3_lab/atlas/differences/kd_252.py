import keras
import numpy as np

inputs = keras.Input((1,), dtype="int64")
model = keras.Model(inputs, keras.layers.Identity(dtype="int64")(inputs))
print("2**40 + 7:", int(model.predict(np.array([[2**40 + 7]]), verbose=0).item()))
