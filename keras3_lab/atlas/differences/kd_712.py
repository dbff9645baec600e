import numpy as np
from keras import ops

try:
    print("taken:", ops.convert_to_numpy(ops.take(ops.arange(2.0), np.array([True]))).tolist())
except Exception as error:
    print("taken:", type(error).__name__)
