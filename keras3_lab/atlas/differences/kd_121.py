import numpy as np
from keras import ops

x = np.array([0.9, 0.1, 0.5], "float32")
print(
    "place of the smallest of [0.9, 0.1, 0.5]:",
    ops.convert_to_numpy(ops.argpartition(x, 0)[0]).tolist(),
)
