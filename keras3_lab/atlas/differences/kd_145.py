import numpy as np
from keras import ops

x = np.zeros(0, "float32")
try:
    print("ptp of nothing:", float(ops.ptp(x)))
except Exception as error:
    print("ptp of nothing:", type(error).__name__)
