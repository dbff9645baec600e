import keras
import numpy as np
from keras import layers, ops

one, x = np.zeros((1, 1), "float32"), np.array([0.1, 0.4, 0.3, 0.2, 0.5, 0.0], "float32")
layer = layers.Lambda(
    lambda b: ops.ctc_loss(
        np.array([[0, 0]]), ops.reshape(b + x, (1, 3, 2)), np.array([2]), np.array([3])
    )
)
model = keras.Sequential([layers.Dense(6, kernel_initializer="zeros"), layer])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
model.train_on_batch(one, one)
print("gradient of ctc_loss:", np.round(-np.array(model.layers[0].bias, "float64"), 3).tolist())
