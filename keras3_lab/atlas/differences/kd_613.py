import numpy as np
from keras import ops

x = np.array([3], "int32")
try:
    print("clip of 3 to [0.5, 2.5]:", ops.convert_to_numpy(ops.clip(x, 0.5, 2.5)).tolist())
except Exception as error:
    print("clip of 3 to [0.5, 2.5]:", type(error).__name__)
