import numpy as np
from keras import ops

x = np.array([0, 1, 2, 3], "int32")
print(
    "counts of [0, 1, 2, 3] in two bins:",
    ops.convert_to_numpy(ops.histogram(x, bins=2)[0]).tolist(),
)
