import numpy as np
from keras import ops

try:
    print("dtype:", ops.dtype(ops.average(ops.ones((2,)), weights=np.array([1.0, 2.0]))))
except Exception as error:
    print("dtype:", type(error).__name__)
