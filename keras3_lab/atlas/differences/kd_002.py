import numpy as np
from keras import ops

x = np.zeros((0, 3), "float32")
try:
    print("shape:", tuple(ops.add(x, x).shape))
except Exception as error:
    print("error:", type(error).__name__)
