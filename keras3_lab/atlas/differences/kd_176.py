import numpy as np
from keras import ops

x = np.array([float("inf")], "float32")
print("hypot of (inf, inf):", ops.convert_to_numpy(ops.hypot(x, x)).tolist())
