import numpy as np
from keras import ops

x = np.array([True, False])
try:
    print("maximum of booleans:", ops.convert_to_numpy(ops.maximum(x, x)).tolist())
except Exception as error:
    print("maximum of booleans:", type(error).__name__)
