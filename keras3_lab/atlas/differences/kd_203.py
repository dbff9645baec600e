import keras
import numpy as np

model = keras.Sequential([keras.Input((2,), dtype="int32"), keras.layers.Embedding(2, 1)])
model.compile(keras.optimizers.SGD(0.1, loss_scale_factor=8.0), "mse")
try:
    model.train_on_batch(np.array([[0, 1]]), np.ones((1, 2, 1)))
    print("trains: True")
except TypeError as error:
    print("trains:", type(error).__name__)
