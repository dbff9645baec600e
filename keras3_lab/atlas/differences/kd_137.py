import numpy as np
from keras import ops

x = np.array([1.0], "float32")
print("1 not among nothing:", ops.convert_to_numpy(ops.isin(x, x[:0], invert=True)).tolist())
