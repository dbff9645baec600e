import numpy as np
from keras import ops

x = np.array([float("nan")], "float32")
print(
    "place of NaN in [0, 1]:",
    ops.convert_to_numpy(ops.searchsorted(np.array([0.0, 1.0], "float32"), x)).tolist(),
)
