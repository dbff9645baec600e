import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(4).astype("float32"))
try:
    print(
        "entry at 3 of 4:",
        ops.convert_to_numpy(
            ops.image.map_coordinates(x, np.array([[3.0]], "float32"), 1, fill_mode="mirror")
        ).tolist(),
    )
except Exception as error:
    print("entry at 3 of 4:", type(error).__name__)
