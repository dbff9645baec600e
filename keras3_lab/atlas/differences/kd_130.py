import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[1.0, 2.0], [3.0, 4.0]], "float32"))
try:
    print("x[[0, 1], [1, 0]]:", ops.convert_to_numpy(ops.get_item(x, ([0, 1], [1, 0]))).tolist())
except Exception as error:
    print("x[[0, 1], [1, 0]]:", type(error).__name__)
