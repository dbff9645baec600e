import numpy as np
from keras import ops

at = np.array([[1]], "int32")
try:
    print(
        "scatter of [True]:", ops.convert_to_numpy(ops.scatter(at, np.array([True]), (2,))).tolist()
    )
except Exception as error:
    print("scatter of [True]:", type(error).__name__)
