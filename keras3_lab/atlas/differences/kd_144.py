import numpy as np
from keras import ops

x = np.array([0, 1, 1], "int32")
print("mean of [0, 1, 1]:", ops.convert_to_numpy(ops.moments(x, axes=[0])[0]).tolist())
