import numpy as np
from keras import ops

x = np.array([[float("nan"), 0.0, 1.0, 2.0]], "float32")
print("sparsemax:", ops.convert_to_numpy(ops.sparsemax(x)).tolist())
