import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[[float("nan")], [1.0]]], "float32"))
print("max_pool of [NaN, 1]:", float(ops.max_pool(x, 2, strides=2)[0, 0, 0]))
