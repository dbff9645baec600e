import numpy as np
from keras import ops

x = ops.zeros((1, 6, 4))
try:
    print(
        "loss:", round(float(ops.ctc_loss(np.array([[2, 2]]), x, np.array([2]), np.array([1]))[0]))
    )
except Exception as error:
    print("loss:", type(error).__name__)
