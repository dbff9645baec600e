"""A model's name may be anything on JAX.

On TensorFlow it becomes a scope of the graph: ASCII letters, digits and `_ . -` alone, no spaces.
Such a model can be made, and fails when it is trained.
"""

import keras
import numpy as np


def trains(name):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)], name=name)
    model.compile("sgd", "mse")
    try:
        model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    except ValueError:
        return "ValueError"
    return "trains"


print("패션 MNIST 모델:", trains("패션 MNIST 모델"))

# Remedy: a plain name.
print("fashion_mnist_model:", trains("fashion_mnist_model"))
