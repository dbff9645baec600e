import numpy as np
from keras import ops

y, x = np.array([1], "int32"), np.array([[float("nan"), 1.0]], "float32")
print("class 1 of [NaN, 1] in the top 1:", ops.convert_to_numpy(ops.in_top_k(y, x, 1)).tolist())
