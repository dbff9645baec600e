import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.ones((0, 5, 5, 1), "float32"))
try:
    print("shape:", tuple(ops.image.sobel_edges(x).shape))
except Exception as error:
    print("shape:", type(error).__name__)
