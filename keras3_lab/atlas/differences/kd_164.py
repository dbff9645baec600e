import numpy as np
from keras import ops

x = np.array([float("nan"), 1.0], "float32")
print(
    "largest of [NaN, 1]:",
    ops.convert_to_numpy(ops.segment_max(x, np.array([0, 0], "int32"), 1)).tolist(),
)
