import numpy as np
from keras import ops

x, y = np.array([-128], "int8"), np.array([3], "int8")
print("fmod(-128, 3) of int8:", ops.convert_to_numpy(ops.fmod(x, y)).tolist())
