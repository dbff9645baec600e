import numpy as np
from keras import ops

x = np.array([True, False])
try:
    print(
        "largest of [True, False]:",
        ops.convert_to_numpy(ops.segment_max(x, np.array([0, 0], "int32"), 1)).tolist(),
    )
except Exception as error:
    print("largest of [True, False]:", type(error).__name__)
