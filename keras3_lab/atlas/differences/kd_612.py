import numpy as np
from keras import ops

x = np.array([-1.0, 1.0], "float32")
try:
    print("clip from 0 up:", ops.convert_to_numpy(ops.clip(x, 0.0, None)).tolist())
except Exception as error:
    print("clip from 0 up:", type(error).__name__)
