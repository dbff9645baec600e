"""With several outputs, TensorFlow reports other losses of each.

Stock `fit` averages each output's loss over batches as if all were equally long; a partial last one
counts too much. The loss that is trained is right. Keras 3.16 mends it.
"""

import keras
import numpy as np

import keras3_lab

x = np.arange(5.0).reshape(-1, 1)
y = {"a": x, "b": x}


def model():
    inputs = keras.Input((1,))
    outputs = {
        name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(inputs) for name in "ab"
    }
    made = keras.Model(inputs, outputs)
    made.compile(keras.optimizers.SGD(0.0), {"a": "mse", "b": "mse"})
    return made


history = model().fit(x, y, batch_size=4, shuffle=False, verbose=0).history
print("model.fit, a_loss:", round(history["a_loss"][0], 3), "of", round(history["loss"][0], 3))

# Remedy: the engine weights batches by their rows, on every backend.
history = keras3_lab.fit(model(), x, y, batch_size=4, shuffle=False, verbose=0).history
print("keras3_lab.fit, a_loss:", round(history["a_loss"][0], 3), "of", round(history["loss"][0], 3))
