import numpy as np
from keras import ops

x = np.array([True])
try:
    print("one_hot of [True]:", ops.convert_to_numpy(ops.one_hot(x, 2)).tolist())
except Exception as error:
    print("one_hot of [True]:", type(error).__name__)
