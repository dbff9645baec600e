import numpy as np
from keras import ops

x = np.array([2], "int32")
try:
    print("2 ** -1:", ops.convert_to_numpy(ops.power(x, -x + 1)).tolist())
except Exception as error:
    print("2 ** -1:", type(error).__name__)
