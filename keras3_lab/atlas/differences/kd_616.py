import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[2, 0], [0, 3]], "int32"))
try:
    print("eigenvalues:", [round(abs(complex(v)), 4) for v in ops.eig(x)[0]])
except Exception as error:
    print("eigenvalues:", type(error).__name__)
