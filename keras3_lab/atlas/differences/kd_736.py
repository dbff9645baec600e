import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([46341], "int64"))
try:
    print("46341 squared:", ops.convert_to_numpy(ops.square(x)).tolist())
except Exception as error:
    print("46341 squared:", type(error).__name__)
