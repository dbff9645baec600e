import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(4).reshape(1, 4, 1).astype("float32"))
print(
    "row moved by 1.5:",
    ops.convert_to_numpy(
        ops.ravel(
            ops.image.affine_transform(
                x, np.array([1, 0, 1.5, 0, 1, 0, 0, 0], "float32"), fill_mode="wrap"
            )
        )
    ).tolist(),
)
