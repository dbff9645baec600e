import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1], "int32"))
try:
    print("padded:", ops.convert_to_numpy(ops.pad(x, ((1, 1),), constant_values=2.5)).tolist())
except Exception as error:
    print("padded:", type(error).__name__)
