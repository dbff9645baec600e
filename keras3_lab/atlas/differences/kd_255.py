import keras
import numpy as np

output = np.array([[np.nan, 0.5]], "float32")
accuracy = keras.metrics.sparse_categorical_accuracy(np.array([0]), output)
print("accuracy where class 0 is NaN:", float(np.array(accuracy).item()))
