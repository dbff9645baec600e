import numpy as np
from keras import ops

x = np.array([1.5, 2.0], "float32")
print("prod of [1.5, 2] into int32:", ops.convert_to_numpy(ops.prod(x, dtype="int32")).tolist())
