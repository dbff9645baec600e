import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.full(1, 1e-40, "float32"))
print("log of 1e-40, rounded:", ops.convert_to_numpy(ops.round(ops.log(x), 1)[0]).tolist())
