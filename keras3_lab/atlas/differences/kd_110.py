import os

os.environ["JAX_ENABLE_X64"] = "1"
import numpy as np
from keras import ops

y = ops.tanh(ops.convert_to_tensor(np.array([0.5]), "float64"))
print("dtype of tanh of float64:", ops.dtype(y))
