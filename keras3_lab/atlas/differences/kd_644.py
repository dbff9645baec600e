import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[1.0], [2.0]], "float32"))
try:
    out = ops.jvp(lambda t: ops.qr(t, mode="complete")[1], (x,), (x,))[1]
    print("derivative of r:", ops.convert_to_numpy(ops.abs(out)).round(3).tolist())
except Exception as error:
    print("derivative of r:", type(error).__name__)
