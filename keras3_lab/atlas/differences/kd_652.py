import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(4).astype("float32"))
print(
    "entries at 0.5, 1.5, 2.5:",
    ops.convert_to_numpy(
        ops.image.map_coordinates(x, np.array([[0.5, 1.5, 2.5]], "float32"), 0)
    ).tolist(),
)
