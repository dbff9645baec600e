import numpy as np
from keras import ops

x = np.array([1.0], "float32")
print(
    "largest of an empty segment:",
    ops.convert_to_numpy(ops.segment_max(x, np.array([0], "int32"), 2)[1]).tolist(),
)
