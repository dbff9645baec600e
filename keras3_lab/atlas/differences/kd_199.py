import numpy as np
from keras import ops

x = np.array([[-0.875, -0.125, 0.375, 0.625]], "float32") + np.float32(1e4 + 0.1)
y = ops.convert_to_numpy(ops.layer_normalization(ops.convert_to_tensor(x)))
print("normalized:", y.round(5).tolist())
