import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.eye(1, 9, 4, dtype="float32").reshape(1, 3, 3, 1))
print(
    "a dot, blurred:",
    ops.convert_to_numpy(ops.ravel(ops.round(ops.image.gaussian_blur(x), 2))).tolist(),
)
