import numpy as np
from keras import ops

x = np.array([-1, 1], "int32")
try:
    print("bincount of [-1, 1]:", ops.convert_to_numpy(ops.bincount(x)).tolist())
except Exception as error:
    print("bincount of [-1, 1]:", type(error).__name__)
