import numpy as np
from keras import ops

image = ops.convert_to_tensor(np.ones((1, 4, 4, 1), "float32"))
try:
    print("max_pool(image, 2):", tuple(ops.max_pool(image, 2).shape))
except Exception as error:
    print("max_pool(image, 2):", type(error).__name__)
