import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([1.0, 2.0], "float32"))
try:
    print("row 7 of 2:", ops.convert_to_numpy(ops.get_item(x, 7)).tolist())
except Exception as error:
    print("row 7 of 2:", type(error).__name__)
