import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([[1.0, 2.0], [2.0, 4.0]], "float32"))
try:
    print("derivative of det:", round(float(ops.jvp(ops.det, (x,), (ops.eye(2),))[1]), 3))
except Exception as error:
    print("derivative of det:", type(error).__name__)
