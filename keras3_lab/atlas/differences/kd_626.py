import numpy as np
from keras import ops

x = np.array([2**31], "uint32")
print("sign of 2**31:", ops.convert_to_numpy(ops.sign(x)).tolist())
