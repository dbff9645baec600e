import numpy as np
from keras import ops

x = np.array([True, False])
try:
    print("vander:", ops.convert_to_numpy(ops.ravel(ops.vander(x))).tolist())
except Exception as error:
    print("vander:", type(error).__name__)
