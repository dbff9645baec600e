import numpy as np
from keras import ops

x = ops.arange(4.0)
print(
    "entry at infinity:",
    ops.convert_to_numpy(
        ops.image.map_coordinates(x, np.array([[np.inf]], "float32"), 0, fill_mode="nearest")
    ).tolist(),
)
