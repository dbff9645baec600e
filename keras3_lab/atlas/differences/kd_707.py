import numpy as np
from keras import ops

try:
    print("largest:", ops.convert_to_numpy(ops.top_k(np.array([True, False]), 1)[0]).tolist())
except Exception as error:
    print("largest:", type(error).__name__)
