import numpy as np
from keras import ops

x = np.array([3, 5, 1, 4, 2, 6], "float32")
print("the three largest:", ops.convert_to_numpy(ops.top_k(x, 3, sorted=False)[0]).tolist())
