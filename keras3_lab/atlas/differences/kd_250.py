import keras
import numpy as np

mean = keras.layers.Lambda(lambda x: keras.ops.mean(x))
model = keras.Sequential([keras.Input((1,)), mean])
try:
    print("shape:", model.predict(np.ones((4, 1)), batch_size=2, verbose=0).shape)
except ValueError as error:
    print("shape:", type(error).__name__)
