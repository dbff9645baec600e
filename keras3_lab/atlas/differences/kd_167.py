import numpy as np
from keras import ops

x = np.array([1.0, 2.0], "float32")
try:
    print(
        "largest of segments:",
        ops.convert_to_numpy(ops.segment_max(x, np.array([0, 1], "int32"))).tolist(),
    )
except Exception as error:
    print("largest of segments:", type(error).__name__)
