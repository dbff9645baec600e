"""A stateful recurrent layer forgets its state on JAX.

Keras counts the states of `stateful=True` among no variables. On JAX each compiled step starts from
the states that it was compiled with; on TensorFlow it goes on from the batch before.
"""

import keras
import numpy as np

ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
x = np.full((1, 3, 1), 0.1, "float32")

inputs = keras.Input((3, 1), batch_size=1)
layer = keras.layers.SimpleRNN(1, stateful=True, activation="linear", **ones)
model = keras.Model(inputs, layer(inputs))
first, second = (float(model.predict(x, verbose=0).item()) for _ in range(2))
print("stateful=True, first and second batch:", round(first, 2), round(second, 2))

# Remedy: hand the state over as an input.
inputs, state = keras.Input((3, 1)), keras.Input((1,))
layer = keras.layers.SimpleRNN(1, return_state=True, activation="linear", **ones)
model = keras.Model([inputs, state], layer(inputs, initial_state=state))
output, after = model.predict([x, np.zeros((1, 1))], verbose=0)
second, _ = model.predict([x, after], verbose=0)
print("state as an input:", round(float(output.item()), 2), round(float(second.item()), 2))
