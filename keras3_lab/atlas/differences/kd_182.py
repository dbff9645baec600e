import numpy as np
from keras import ops

x = np.array([1.0, -1.0], "float32")
print(
    "-1 // inf:",
    ops.convert_to_numpy(ops.floor_divide(x, np.array([float("inf")] * 2, "float32"))).tolist(),
)
