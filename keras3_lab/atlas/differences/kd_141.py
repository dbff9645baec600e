import numpy as np
from keras import ops

x = np.array([float("inf"), 1.0], "float32")
print("nancumprod of [inf, 1]:", ops.convert_to_numpy(ops.nancumprod(x)).tolist())
