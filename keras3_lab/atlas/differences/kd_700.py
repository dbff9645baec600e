import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1], "int32"))
try:
    print("dtype:", ops.dtype(ops.select([x > 0], [x], default=2.5)))
except Exception as error:
    print("dtype:", type(error).__name__)
