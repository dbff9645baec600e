import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.ones((1, 4, 4, 1), "uint8"))
try:
    print("shape:", tuple(ops.image.extract_patches(x, 2).shape))
except Exception as error:
    print("shape:", type(error).__name__)
