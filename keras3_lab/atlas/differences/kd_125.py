import numpy as np
from keras import ops

x, w = np.array([0, 1], "int32"), ops.ones((2,))
try:
    print(
        "derivative by the weights:", float(ops.jvp(lambda w: ops.bincount(x, w), (w,), (w,))[1][0])
    )
except Exception as error:
    print("derivative by the weights:", type(error).__name__)
