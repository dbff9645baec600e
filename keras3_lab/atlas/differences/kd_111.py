import os

os.environ["JAX_ENABLE_X64"] = "1"
import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([-1.0]), "float64")
print("leaky_relu(-1):", round(float(ops.leaky_relu(x)[0]), 12))
