import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1], "uint8"))
try:
    print("taken:", ops.convert_to_numpy(ops.take(ops.arange(2.0), x)).tolist())
except Exception as error:
    print("taken:", type(error).__name__)
