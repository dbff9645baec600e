import numpy as np
from keras import ops

x = np.array([1], "int32")
print("1 shifted by 32:", ops.convert_to_numpy(ops.left_shift(x, np.array([32], "int32"))).tolist())
