import os

os.environ["JAX_ENABLE_X64"] = "1"
import keras
import numpy as np

q = np.linspace(-1, 1, 12).reshape(1, 3, 2, 2)
y = keras.ops.dot_product_attention(q, q, q * q)
print("sum:", f"{np.array(y, 'float64').sum():.12f}")
