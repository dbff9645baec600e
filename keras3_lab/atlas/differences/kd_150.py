import numpy as np
from keras import ops

x, q = np.array([0.0, 1.0, 3.0], "float32"), ops.convert_to_tensor(1.0)
slope = ops.jvp(lambda at: ops.quantile(x, at), (q,), (ops.ones_like(q),))[1]
print("derivative by q at 1:", float(slope))
