import keras
import numpy as np

try:
    layer = keras.layers.IntegerLookup(vocabulary=[10, 20])
    print("dtype:", keras.backend.standardize_dtype(layer(np.array([[10, 20]])).dtype))
except ImportError as error:  # it needs TensorFlow beside JAX
    print("error:", type(error).__name__)
