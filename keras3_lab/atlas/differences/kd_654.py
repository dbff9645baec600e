import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(4).astype("float32"))
try:
    print(
        "entry at 1:",
        ops.convert_to_numpy(
            ops.image.map_coordinates(x, ops.convert_to_tensor(np.array([[1]], "int32")), 1)
        ).tolist(),
    )
except Exception as error:
    print("entry at 1:", type(error).__name__)
