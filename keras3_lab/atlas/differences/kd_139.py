import numpy as np
from keras import ops

x = np.array([0.0, 3e38, 3e38], "float32")
print("median of [0, 3e38, 3e38]:", ops.convert_to_numpy(ops.median(x)).tolist())
