import numpy as np
from keras import ops

x = np.array([[2, 1], [1, 3]], "int32")
try:
    print("det of whole numbers:", float(ops.det(x)))
except Exception as error:
    print("det of whole numbers:", type(error).__name__)
