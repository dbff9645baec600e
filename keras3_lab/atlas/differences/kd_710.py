import numpy as np
from keras import ops

try:
    print("unique:", ops.convert_to_numpy(ops.unique(np.array([3, 1, 2]), sorted=False)).tolist())
except Exception as error:
    print("unique:", type(error).__name__)
