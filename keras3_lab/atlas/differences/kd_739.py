import numpy as np
from keras import ops

x = np.array([True])
try:
    print("not True:", ops.convert_to_numpy(ops.bitwise_not(x)).tolist())
except Exception as error:
    print("not True:", type(error).__name__)
