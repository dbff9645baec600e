import keras
import numpy as np

layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3, value_dim=5)
x = np.ones((2, 3, 4), "float32")
try:
    print("shape:", tuple(layer(x, x).shape))
except Exception as error:
    print("error:", type(error).__name__)
