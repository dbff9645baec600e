import keras
import numpy as np
from keras import layers, ops

loop = layers.Lambda(
    lambda b: ops.while_loop(lambda n, y: n < 3, lambda n, y: (n + 1, 2 * y), (0, b))[1]
)
model = keras.Sequential([layers.Dense(1, kernel_initializer="zeros"), loop])
model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p))
try:
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))
    print("gradient through while_loop:", -float(model.layers[0].bias[0]))
except Exception as error:
    print("gradient through while_loop:", type(error).__name__)
