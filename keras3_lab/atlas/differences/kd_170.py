import numpy as np
from keras import ops

x = np.array([1.0, 2.0, 3.0], "float32")
print(
    "9 written to place -1:",
    ops.convert_to_numpy(ops.slice_update(x, [-1], np.array([9.0], "float32"))).tolist(),
)
