import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[[np.nan, 0, 1]]], "float32"))
print(
    "rgb_to_hsv of (NaN, 0, 1):", ops.convert_to_numpy(ops.ravel(ops.image.rgb_to_hsv(x))).tolist()
)
