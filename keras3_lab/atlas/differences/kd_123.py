import numpy as np
from keras import ops

x = np.array([float("nan"), 1.0, float("-inf")], "float32")
print("argsort of [NaN, 1, -inf]:", ops.convert_to_numpy(ops.argsort(x)).tolist())
