import keras
import numpy as np

dense = keras.layers.Dense(2, use_bias=False, kernel_initializer="identity")
norm = keras.layers.Lambda(keras.constraints.UnitNorm(axis=-1))
model = keras.Sequential([keras.Input((2,)), dense, norm])
model.compile(keras.optimizers.SGD(1e-8), "mse")
model.train_on_batch(np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros((2, 2)))
print("weights:", np.round(model.get_weights()[0].ravel(), 3))
