import numpy as np
from keras import ops

x = np.zeros(0, "float32")
print("norm:", ops.convert_to_numpy(ops.norm(x, ord=np.inf)).tolist())
