import keras
import numpy as np

dense = keras.layers.Dense(2, use_bias=False, kernel_initializer="identity")
model = keras.Sequential([keras.Input((2,)), dense])
model.compile(keras.optimizers.SGD(0.1), keras.losses.CosineSimilarity())
model.train_on_batch(np.array([[0.0, 0.0], [3.0, 4.0]]), np.eye(2))
print("weights:", np.round(model.get_weights()[0].ravel(), 3))
