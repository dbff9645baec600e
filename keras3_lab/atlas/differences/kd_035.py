import keras
import numpy as np

layer = keras.layers.Dense(8, use_bias=False, kernel_initializer="ones")
shape, pool = keras.layers.Reshape((2, 2, 2, 1)), keras.layers.MaxPooling3D(2)
model = keras.Sequential([keras.Input((1,)), layer, shape, pool, keras.layers.Flatten()])
model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
model.fit(np.ones((1, 1)), np.zeros((1, 1)), verbose=0)
print("kernel:", np.array(layer.kernel).ravel().tolist())
