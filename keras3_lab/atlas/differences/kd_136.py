import numpy as np
from keras import ops

y, x = np.array([9], "int32"), np.array([[1.0, 2.0, 3.0]], "float32")
print("class 9 of 3 in the top 4:", ops.convert_to_numpy(ops.in_top_k(y, x, 4)).tolist())
