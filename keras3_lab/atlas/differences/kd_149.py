import numpy as np
from keras import ops

x = np.array([0.0, 1.0], "float32")
print("quantile 1.5 of [0, 1]:", ops.convert_to_numpy(ops.quantile(x, 1.5)).tolist())
