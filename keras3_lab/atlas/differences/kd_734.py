import numpy as np
from keras import ops

x = np.array([np.nan, 1, -np.inf, np.nan, 0], "float32")
print(
    "the two largest of [NaN, 1, -inf, NaN, 0]:", ops.convert_to_numpy(ops.top_k(x, 2)[0]).tolist()
)
