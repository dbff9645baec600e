import numpy as np
from keras import ops

try:
    print("unique:", ops.convert_to_numpy(ops.unique(np.array([np.nan, 1.0], "float32"))).tolist())
except Exception as error:
    print("unique:", type(error).__name__)
