import numpy as np
from keras import ops

x = np.array([2.0, float("nan"), 3.0], "float32")
print("argmax of [2, NaN, 3]:", ops.convert_to_numpy(ops.argmax(x)).tolist())
