import keras
import numpy as np

loss = keras.losses.SparseCategoricalCrossentropy()
output = np.array([[3.0, 1.0]], "float32")
print("3 and 1:", round(float(loss(np.array([0]), output)), 4))
print("zeros:", round(float(loss(np.array([0]), 0 * output)), 4))
