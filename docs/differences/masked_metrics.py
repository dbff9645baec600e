"""Training metrics count what is masked on JAX.

Loss and validation are alike; the metrics of training are not, so that their curves differ although
the models do not.
"""

import keras
import numpy as np

tokens = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
target = np.ones((2, 4, 1))


def model(**metrics):
    made = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(5, 1, mask_zero=True, embeddings_initializer="ones"),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(3.0)),
        ]
    )
    made.layers[0].set_weights([np.array([[9.0], [1.0], [1.0], [1.0], [1.0]])])
    made.compile(keras.optimizers.SGD(0.0), "mse", **metrics)
    return made


history = model(metrics=["mae"]).fit(tokens, target, verbose=0).history
print("mae in training:", round(history["mae"][0], 3))

# Remedy: weighted metrics, and a weight of 0 for what is masked.
weights = (tokens != 0).astype("float32")
weighted = model(weighted_metrics=["mae"])
history = weighted.fit(tokens, target, sample_weight=weights, verbose=0).history
print("weighted mae:", round(history["mae"][0], 3))
