"""Cross-entropy of a softmax is clipped on JAX, and computed from the logits on TensorFlow.

On TensorFlow, Keras finds the logits behind a softmax and takes them. On JAX there is nothing to
find them by: it clips probabilities to 1e-7. A network that is certain and wrong gets no gradient
there, and so does not mend it.
"""

import keras
import numpy as np

logits, truth = np.array([[25.0, 0.0]], "float32"), np.array([1])


def model(loss, activation="softmax"):
    made = keras.Sequential([keras.Input((2,)), keras.layers.Activation(activation)])
    made.compile("sgd", loss)
    return made


stock = model(keras.losses.SparseCategoricalCrossentropy())
print("keras.losses:", round(float(stock.test_on_batch(logits, truth)), 3))

# Remedy: put out logits, or take a loss that cuts off only at the smallest number.
from_logits = model(keras.losses.SparseCategoricalCrossentropy(from_logits=True), "linear")
print("from_logits=True:", round(float(from_logits.test_on_batch(logits, truth)), 3))

from keras3_lab import losses

ours = model(losses.SparseCategoricalCrossentropy())
print("keras3_lab.losses:", round(float(ours.test_on_batch(logits, truth)), 3))
