import numpy as np
from keras import ops

x = np.array([[1, 2]], "int32")
try:
    print("nanmedian of the row [1, 2]:", ops.convert_to_numpy(ops.nanmedian(x, axis=1)).tolist())
except Exception as error:
    print("nanmedian of the row [1, 2]:", type(error).__name__)
