import os

os.environ["JAX_ENABLE_X64"] = "1"
import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[[[0.1], [0.3]]]]), "float64")
shift = np.array([[1, 0, 0.25, 0, 1, 0, 0, 0]])
moved = ops.convert_to_numpy(ops.image.affine_transform(x, shift))
print("between 0.1 and 0.3:", round(float(moved[0, 0, 0, 0]), 12))
