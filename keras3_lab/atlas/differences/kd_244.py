import keras
import numpy as np

ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
inputs = keras.Input((1, 1), batch_size=1)
layer = keras.layers.SimpleRNN(1, stateful=True, activation="linear", **ones)
model = keras.Model(inputs, layer(inputs))
print("predicted:", [float(model.predict(np.ones((1, 1, 1)), verbose=0).item()) for _ in "abc"])
