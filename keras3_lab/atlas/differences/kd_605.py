import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([-1.0, 300.0], "float32"))
print("cast of [-1, 300] to uint8:", ops.convert_to_numpy(ops.cast(x, "uint8")).tolist())
