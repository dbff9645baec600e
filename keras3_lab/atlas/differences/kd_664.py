import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.ones((1, 4, 4, 1), "bool"))
try:
    print("dtype:", ops.dtype(ops.image.resize(x, (2, 2))))
except Exception as error:
    print("dtype:", type(error).__name__)
