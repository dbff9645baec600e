import keras
import numpy as np

crop = keras.layers.RandomCrop(2, 2)
images = np.ones((3, 4, 4, 1), "float32")
try:
    print("shape:", tuple(keras.ops.map(lambda x: crop(x, training=True), images).shape))
except Exception as error:
    print("error:", type(error).__name__)
