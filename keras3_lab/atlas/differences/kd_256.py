import keras
import numpy as np

output = np.array([[np.inf, 0.5, 0.0]], "float32")
accuracy = keras.metrics.sparse_top_k_categorical_accuracy(np.array([1]), output, k=2)
print("accuracy:", float(np.array(accuracy).item()))
