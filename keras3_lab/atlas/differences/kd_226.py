import keras
import numpy as np

dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
model = keras.Sequential([keras.Input((1,)), dense, keras.layers.Lambda(keras.ops.log)])
model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
model.train_on_batch(np.array([[-1.0], [1.5]]), np.ones((2, 1)))
print("weight:", round(float(model.get_weights()[0].item()), 3))
