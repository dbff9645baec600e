import numpy as np
from keras import ops

x = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], "float32")
print("pivots:", ops.convert_to_numpy(ops.lu_factor(x)[1]).tolist())
