import numpy as np
from keras import ops

try:
    print("entry 7 of 2:", ops.convert_to_numpy(ops.take(ops.ones((2,)), np.array([7]))).tolist())
except Exception as error:
    print("entry 7 of 2:", type(error).__name__)
