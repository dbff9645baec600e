import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.full(32, 1e-40, "float32"))
print("arctan2 of 1e-40 and 1e-40:", float(ops.arctan2(x, x)[0]))
