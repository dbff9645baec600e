import numpy as np
from keras import ops

at = np.array([[5]], "int32")
try:
    print(
        "scatter to place 5 of 3:",
        ops.convert_to_numpy(ops.scatter(at, ops.ones((1,)), (3,))).tolist(),
    )
except Exception as error:
    print("scatter to place 5 of 3:", type(error).__name__)
