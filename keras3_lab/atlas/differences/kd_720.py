import keras
import numpy as np
from keras import layers, ops

shift = np.array([1, 0, 1.5, 0, 1, 0, 0, 0], "float32")
move = layers.Lambda(
    lambda b: ops.image.affine_transform(ops.reshape(b, (1, 4, 1)), shift, fill_mode="nearest")
)
model = keras.Sequential([layers.Dense(4, kernel_initializer="zeros"), move])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))
print("gradient by four pixels moved by 1.5:", (-np.array(model.layers[0].bias)).tolist())
