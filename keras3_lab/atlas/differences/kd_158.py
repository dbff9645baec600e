import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([5], "int32"))
try:
    print(
        "whole number into floats:",
        ops.convert_to_numpy(ops.scatter_update(ops.zeros((2,)), [[1]], x)).tolist(),
    )
except Exception as error:
    print("whole number into floats:", type(error).__name__)
