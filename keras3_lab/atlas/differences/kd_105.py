import keras
import numpy as np
from keras import layers, ops

one, x = np.zeros((1, 1), "float32"), np.array([float("inf")], "float32")
layer = layers.Lambda(lambda b: ops.hard_silu(b + x))
model = keras.Sequential([layers.Dense(1, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(one, one)
print(
    "gradient of hard_silu at infinity:",
    np.round(-np.array(model.layers[0].bias, "float64"), 4).tolist(),
)
