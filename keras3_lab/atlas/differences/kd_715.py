import numpy as np
from keras import ops

try:
    print("dtype:", ops.dtype(ops.convert_to_tensor(np.ones(2))))
except Exception as error:
    print("dtype:", type(error).__name__)
