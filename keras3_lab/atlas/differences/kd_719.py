import keras
import numpy as np
from keras import layers, ops

one, x = np.zeros((1, 1), "float32"), np.array([1, 0, 0.5, 0, 1, 0.5, 0, 0], "float32")
layer = layers.Lambda(lambda b: ops.image.affine_transform(ops.reshape(ops.arange(9.0), (3, 3, 1)), b[0] + x) + 0 * ops.sum(b))
model = keras.Sequential([layers.Dense(8, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(one, one)
print("gradient of the sum of pixels by the transform:", np.round(-np.array(model.layers[0].bias, "float64"), 2).tolist())
