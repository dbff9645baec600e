import numpy as np
from keras import ops

x = np.array([1j], "complex64")
try:
    print("isnan of 1j:", ops.convert_to_numpy(ops.isnan(x)).tolist())
except Exception as error:
    print("isnan of 1j:", type(error).__name__)
