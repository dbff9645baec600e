import numpy as np
from keras import ops

x = np.array([float("-inf"), 0.0, float("inf")], "float32")
print("median of [-inf, 0, inf]:", ops.convert_to_numpy(ops.median(x)).tolist())
