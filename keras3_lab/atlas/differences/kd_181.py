import numpy as np
from keras import ops

x = np.array([float("inf")] * 2, "float32")
print(
    "inf close to [inf, 1]:",
    ops.convert_to_numpy(ops.isclose(np.array([1.0, float("inf")], "float32"), x)).tolist(),
)
