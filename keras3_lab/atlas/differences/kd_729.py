import numpy as np
from keras import ops

x = np.array([[2.0, 4.0], [0.0, 2.0]], "float32")
print("eigenvalues:", ops.convert_to_numpy(ops.eigh(x)[0]).tolist())
