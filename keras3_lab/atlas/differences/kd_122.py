import numpy as np
from keras import ops

x = np.array([-3, -1, -2], "int32")
print(
    "sorted places of [-3, -1, -2]:",
    ops.convert_to_numpy(ops.sort(ops.argpartition(x, 0))).tolist(),
)
