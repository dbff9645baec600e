import numpy as np
from keras import ops

x = np.array([-0.0, float("nan")], "float32")
print("angle of [-0.0, NaN]:", ops.convert_to_numpy(ops.angle(x)).tolist())
