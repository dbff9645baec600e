import keras
import numpy as np

model = keras.Sequential(
    [keras.Input((3, 1)), keras.layers.Masking(), keras.layers.BatchNormalization()]
)
model.compile("sgd", "mse")
try:
    loss = model.train_on_batch(np.array([[[1.0], [3.0], [0.0]]]), np.ones((1, 3, 1)))
    print("loss:", round(float(loss), 3))
except Exception as error:
    print("loss:", type(error).__name__)
