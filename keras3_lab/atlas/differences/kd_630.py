import numpy as np
from keras import ops

x = np.array([[-1.0]], "float32")
print("logdet of -1:", ops.convert_to_numpy(ops.logdet(x)).tolist())
