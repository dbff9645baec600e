import numpy as np
from keras import ops

x = np.array([3], "int32")
print("3 ** 65 modulo 2**32:", ops.convert_to_numpy(ops.power(x, np.array([65], "int32"))).tolist())
