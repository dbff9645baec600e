import numpy as np
from keras import ops

x = np.full((2, 2), np.nan, "float32")
try:
    print("eigenvalues:", ops.convert_to_numpy(ops.eigh(x)[0]).tolist())
except Exception as error:
    print("eigenvalues:", type(error).__name__)
