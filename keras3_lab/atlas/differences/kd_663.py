import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([0, 0, 1, 0, 0, 1, 1, 0], "float32").reshape(1, 1, 8, 1))
print(
    "eight pixels to three:",
    ops.convert_to_numpy(
        ops.ravel(ops.round(ops.image.resize(x, (1, 3), interpolation="bicubic"), 4))
    ).tolist(),
)
