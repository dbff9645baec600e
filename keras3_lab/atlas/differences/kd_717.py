import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([3], "int32"))
try:
    print("hard_tanh:", ops.convert_to_numpy(ops.hard_tanh(x)).tolist())
except Exception as error:
    print("hard_tanh:", type(error).__name__)
