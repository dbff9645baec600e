import numpy as np
from keras import ops

x = np.array([float("inf")], "float32")
print(
    "after inf towards 0:",
    ops.convert_to_numpy(ops.nextafter(x, np.array([0.0], "float32"))).tolist(),
)
