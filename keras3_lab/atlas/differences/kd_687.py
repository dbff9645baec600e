import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1, 2], "int32"))
try:
    print("dtypes:", [ops.dtype(g) for g in ops.meshgrid(x, ops.ones((2,)))])
except Exception as error:
    print("dtypes:", type(error).__name__)
