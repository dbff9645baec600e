import numpy as np
from keras import ops

x = np.array([1, 2], "int32")
try:
    print("logsumexp of [1, 2]:", round(float(ops.logsumexp(x)), 4))
except Exception as error:
    print("logsumexp of [1, 2]:", type(error).__name__)
