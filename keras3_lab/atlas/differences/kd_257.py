import keras
import numpy as np

output = np.array([[0.1, 0.2, 0.7]], "float32")
accuracy = keras.metrics.sparse_top_k_categorical_accuracy(np.array([-1]), output, k=1)
print("accuracy:", float(np.array(accuracy).item()))
