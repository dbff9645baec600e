import keras
import numpy as np

a, b = (keras.layers.Dense(1, kernel_initializer="ones", name=n) for n in "ab")
x = keras.Input((1,))
model = keras.Model(x, keras.layers.Maximum()([a(x), b(x)]))
model.compile(keras.optimizers.SGD(0.25), "mse")
model.fit(np.ones((1, 1)), np.zeros((1, 1)), verbose=0)
print("kernels:", float(a.kernel[0, 0]), float(b.kernel[0, 0]))
