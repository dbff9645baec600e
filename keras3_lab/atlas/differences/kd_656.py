import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.ones((3, 3, 1), "float32"))
try:
    print(
        "shape:",
        tuple(
            ops.image.affine_transform(
                x, np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32"), fill_mode="mirror"
            ).shape
        ),
    )
except Exception as error:
    print("shape:", type(error).__name__)
