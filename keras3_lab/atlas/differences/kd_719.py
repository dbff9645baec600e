import keras
import numpy as np
from keras import layers, ops

one, shift = np.zeros((1, 1)), np.array([1, 0, 0.5, 0, 1, 0.5, 0, 0], "float32")
image = np.arange(9, dtype="float32").reshape(3, 3, 1)
layer = layers.Lambda(lambda b: ops.image.affine_transform(image, b[0] + shift) + 0 * ops.sum(b))
model = keras.Sequential([layers.Dense(8, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(one, one)
print("gradient by the transform:", np.round(-np.array(model.layers[0].bias), 2).tolist())
