"""At exactly 0 some activations have another slope.

Mathematics leaves the slope at a kink open, and each backend has chosen. It matters where outputs
are exactly 0: behind zero initial weights, a `relu`, or a mask.
"""

import keras
import numpy as np


def slope(activation, weight=0.0):
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(1, use_bias=False, activation=activation),
        ]
    )
    model.set_weights([np.array([[weight]])])
    model.compile(keras.optimizers.SGD(1.0), loss=lambda truth, output: output)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return round(weight - float(model.get_weights()[0].item()), 3)


for name in ("leaky_relu", "selu", "celu", "relu"):
    print(f"{name} at 0:", slope(name))

# Remedy: start elsewhere. `relu` is alike everywhere.
print("leaky_relu beside 0:", slope("leaky_relu", weight=-1e-3))
