import numpy as np
from keras import ops

try:
    print("unique:", ops.convert_to_numpy(ops.unique(np.array([5, 7]), size=3)).tolist())
except Exception as error:
    print("unique:", type(error).__name__)
