import numpy as np
from keras import ops

x = np.array([True, False])
try:
    print("smallest:", ops.convert_to_numpy(ops.argpartition(x, 0)[0]).tolist())
except Exception as error:
    print("smallest:", type(error).__name__)
