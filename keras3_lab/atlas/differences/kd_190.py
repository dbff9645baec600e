import numpy as np
from keras import ops

x = np.array([6], "int32")
try:
    print("lcm of True and 6:", ops.convert_to_numpy(ops.lcm(np.array([True]), x)).tolist())
except Exception as error:
    print("lcm of True and 6:", type(error).__name__)
