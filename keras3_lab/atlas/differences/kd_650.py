import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1, 2], "int32"))
try:
    print("rfft of whole numbers:", ops.convert_to_numpy(ops.rfft(x)[0]).tolist())
except Exception as error:
    print("rfft of whole numbers:", type(error).__name__)
