import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1, 2, 3, 4, 5], "float32"))
try:
    print(
        "correlate:", ops.convert_to_numpy(ops.correlate(ops.ones((2,)), x, mode="same")).tolist()
    )
except Exception as error:
    print("correlate:", type(error).__name__)
