import numpy as np
from keras import ops

x = np.zeros((1, 1), "float32")
try:
    print("inv:", ops.convert_to_numpy(ops.inv(x)).tolist())
except Exception as error:
    print("inv:", type(error).__name__)
