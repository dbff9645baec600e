import numpy as np
from keras import ops

image, kernel = np.ones((1, 9, 9, 1), "float32"), np.ones((2, 2, 1, 1), "float32")
try:
    print("conv:", tuple(ops.conv(image, kernel, strides=2, dilation_rate=2).shape))
except Exception as error:
    print("conv:", type(error).__name__)
