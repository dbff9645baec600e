import keras
import numpy as np

dense = keras.layers.Dense(3, use_bias=False, kernel_initializer="identity")
model = keras.Sequential([keras.Input((4, 3)), dense])
model.compile(keras.optimizers.SGD(1.0), keras.losses.CTC())
x = np.arange(12.0).reshape(1, 4, 3) % 5
model.train_on_batch(x, np.array([[1, -1]]))
print("weights:", np.round(model.get_weights()[0].ravel(), 3))
