import numpy as np
from keras import ops

x = np.array([np.inf, 1.0, np.nan, 0.0], "float32")
print("imaginary parts:", ops.convert_to_numpy(ops.rfft(x)[1]).tolist())
