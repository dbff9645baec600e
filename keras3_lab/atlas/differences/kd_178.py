import numpy as np
from keras import ops

x = np.array([7], "int32")
try:
    print("7 // 0:", ops.convert_to_numpy(ops.floor_divide(x, x - x)).tolist())
except Exception as error:
    print("7 // 0:", type(error).__name__)
