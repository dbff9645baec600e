import keras
import numpy as np
from keras import layers, ops

one, x = np.zeros((1, 1), "float32"), np.array([1.0], "float32")
layer = layers.Lambda(lambda b: ops.clip(b + x, -1.0, 1.0))
model = keras.Sequential([layers.Dense(1, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(one, one)
print(
    "gradient of clip at its bound:",
    np.round(-np.array(model.layers[0].bias, "float64"), 4).tolist(),
)
