import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(4).reshape(1, 4, 1).astype("float32"))
print(
    "row with a tilt of 0.5:",
    ops.convert_to_numpy(
        ops.ravel(ops.image.affine_transform(x, np.array([1, 0, 0, 0, 1, 0, 0.5, 0], "float32")))
    ).tolist(),
)
