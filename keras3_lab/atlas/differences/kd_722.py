import keras
import numpy as np
from keras import layers, ops

one, x = np.zeros((1, 1), "float32"), np.array([0.5, 0.5, 0.5], "float32")
layer = layers.Lambda(lambda b: ops.image.rgb_to_hsv(ops.reshape(b + x, (1, 1, 3)))[..., 2])
model = keras.Sequential([layers.Dense(3, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(one, one)
print(
    "gradient of the value of grey:",
    np.round(-np.array(model.layers[0].bias, "float64"), 3).tolist(),
)
