import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.ones((1, 4, 4, 1), "float32"))
try:
    print("shape:", tuple(ops.image.resize(x, (2, 2), interpolation="area").shape))
except Exception as error:
    print("shape:", type(error).__name__)
