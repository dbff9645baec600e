import numpy as np
from keras import ops

x = np.array([1.0, 2.0, 3.0], "float32")
try:
    print("two from place 2 of 3:", ops.convert_to_numpy(ops.slice(x, [2], [2])).tolist())
except Exception as error:
    print("two from place 2 of 3:", type(error).__name__)
