import numpy as np
from keras import ops

x = np.array([0.0], "float32")
print("clip of 0 to [1, -1]:", ops.convert_to_numpy(ops.clip(x, 1.0, -1.0)).tolist())
