import keras
import numpy as np

keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.1), "mse")
x = np.arange(8.0).reshape(-1, 1) / 8
model.fit(x, np.sin(6 * x), batch_size=1, verbose=0)
print("weight:", np.round(float(model.get_weights()[0].item()), 5))
