import numpy as np
from keras import ops

x = np.array([1j], "complex64")
print("vdot of 1j with itself:", complex(ops.convert_to_numpy(ops.vdot(x, x))))
