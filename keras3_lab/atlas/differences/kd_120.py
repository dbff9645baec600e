import numpy as np
from keras import ops

x = np.array([-0.0, 0.0], "float32")
print("nanargmax of [-0.0, 0.0]:", ops.convert_to_numpy(ops.nanargmax(x)).tolist())
