import numpy as np
from keras import ops

x = np.zeros((0, 3), "float32")
try:
    print("shape of the maxima:", tuple(ops.max(x, axis=1).shape))
except Exception as error:
    print("shape of the maxima:", type(error).__name__)
