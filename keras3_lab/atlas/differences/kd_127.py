import numpy as np
from keras import ops

x = np.array([0.5], "float32")
try:
    print(
        "digitize by [1, 0]:",
        ops.convert_to_numpy(ops.digitize(x, np.array([1.0, 0.0], "float32"))).tolist(),
    )
except Exception as error:
    print("digitize by [1, 0]:", type(error).__name__)
