import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(6, dtype="float32").reshape(2, 3))
print("two by three, turned twice:", ops.convert_to_numpy(ops.ravel(ops.rot90(x, k=2))).tolist())
