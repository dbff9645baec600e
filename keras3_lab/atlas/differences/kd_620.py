import numpy as np
from keras import ops

x = np.array([1e-7, 1e-9], "float32")
print(
    "erfinv of [1e-7, 1e-9], times 1e9:",
    ops.convert_to_numpy(ops.round(1e9 * ops.erfinv(x), 3)).tolist(),
)
