import numpy as np
from keras import ops

image, kernel = np.ones((1, 4, 4, 1), "int32"), np.ones((2, 2, 1, 1), "float32")
try:
    print("dtype:", ops.dtype(ops.conv(image, kernel)))
except Exception as error:
    print("conv:", type(error).__name__)
