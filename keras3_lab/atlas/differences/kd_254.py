import keras
import numpy as np

output = keras.ops.cast(np.array([[0.1, 0.9]]), "float16")
try:
    accuracy = keras.metrics.sparse_top_k_categorical_accuracy(np.array([1]), output, k=1)
    print("accuracy:", float(accuracy[0]))
except Exception as error:
    print("accuracy:", type(error).__name__)
