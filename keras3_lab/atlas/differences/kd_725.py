import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[[0], [101], [102], [203]]], "uint8"))
print(
    "bytes moved by half a pixel:",
    ops.convert_to_numpy(
        ops.ravel(ops.image.affine_transform(x, np.array([1, 0, 0.5, 0, 1, 0, 0, 0], "float32")))
    ).tolist(),
)
