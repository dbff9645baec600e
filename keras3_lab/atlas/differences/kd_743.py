import numpy as np
from keras import ops

x = ops.zeros((1, 3))
print(
    "loss of a row of zeros:",
    ops.convert_to_numpy(ops.sparse_categorical_crossentropy(np.array([0]), x)).tolist(),
)
