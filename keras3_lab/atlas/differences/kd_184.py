import numpy as np
from keras import ops

x = np.array([float("nan")], "float32")
print(
    "heaviside of NaN:", ops.convert_to_numpy(ops.heaviside(x, np.array([0.5], "float32"))).tolist()
)
