import keras
import numpy as np
from keras import layers, ops

one, x = np.zeros((1, 1), "float32"), np.array(8 * [1.0], "float32")
layer = layers.Lambda(lambda b: ops.max_pool(ops.reshape(b + x, (1, 2, 2, 2, 1)), 2, strides=2))
model = keras.Sequential([layers.Dense(8, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p), run_eagerly=True)
model.train_on_batch(one, one)
print(
    "gradient of max_pool of eight ones:",
    np.round(-np.array(model.layers[0].bias, "float64"), 4).tolist(),
)
