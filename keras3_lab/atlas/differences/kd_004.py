import keras
import numpy as np

layer = keras.layers.Dense(2, kernel_initializer="zeros")
model = keras.Sequential([keras.Input((2,)), layer, keras.layers.UnitNormalization()])
model.compile(keras.optimizers.SGD(1e-9), "mse")
model.fit(np.ones((1, 2)), np.ones((1, 2)), verbose=0)
print("finite weights:", bool(np.isfinite(np.array(layer.kernel)).all()))
