import numpy as np
from keras import ops

x = np.array([1, 2], "int32")
try:
    print("nanmedian of [1, 2]:", float(ops.nanmedian(x)))
except Exception as error:
    print("nanmedian of [1, 2]:", type(error).__name__)
