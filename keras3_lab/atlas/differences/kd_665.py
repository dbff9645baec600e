import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.ones((1, 5, 6, 1), "uint8"))
try:
    print("dtype:", ops.dtype(ops.image.resize(x, (8, 3), pad_to_aspect_ratio=True)))
except Exception as error:
    print("dtype:", type(error).__name__)
