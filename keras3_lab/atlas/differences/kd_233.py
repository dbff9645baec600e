import keras
import numpy as np

loss = keras.losses.BinaryCrossentropy(from_logits=True)
print("loss:", float(loss(np.array([[0.0]]), np.array([[np.inf]]))))
