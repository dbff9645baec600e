import keras
import numpy as np

loss = keras.losses.BinaryFocalCrossentropy(from_logits=True)
print("loss:", round(float(loss(np.ones((1, 1)), np.array([[-100.0]]))), 3))
