import numpy as np
from keras import ops

x = np.array([2], "int32")
try:
    print("reciprocal of 2:", ops.convert_to_numpy(ops.reciprocal(x)).tolist())
except Exception as error:
    print("reciprocal of 2:", type(error).__name__)
