import numpy as np
from keras import ops

x = np.array([1.0, 2.0], "float32")
try:
    print(
        "segment 5 of 2:",
        ops.convert_to_numpy(ops.segment_sum(x, np.array([0, 5], "int32"), 2)).tolist(),
    )
except Exception as error:
    print("segment 5 of 2:", type(error).__name__)
