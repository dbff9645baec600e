import numpy as np
from keras import ops

at = np.array([[1]], "int32")
try:
    print("whole number into floats:", ops.convert_to_numpy(ops.scatter_update(ops.zeros((2,)), at, np.array([5], "int32"))).tolist())
except Exception as error:
    print("whole number into floats:", type(error).__name__)
