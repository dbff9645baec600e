import numpy as np
from keras import ops

x = np.array([1.0, 2.0], "float32")
try:
    print(
        "sum of sorted segments:",
        ops.convert_to_numpy(
            ops.segment_sum(x, np.array([0, 1], "int32"), 2, sorted=True)
        ).tolist(),
    )
except Exception as error:
    print("sum of sorted segments:", type(error).__name__)
