import numpy as np
from keras import ops

x = np.array([2**31], "uint32")
print("2**31 + 1:", ops.convert_to_numpy(ops.add(x, np.array([1], "int32"))).tolist())
