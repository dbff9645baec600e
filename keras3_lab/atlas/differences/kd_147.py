import numpy as np
from keras import ops

x = np.zeros(0, "float32")
try:
    print("nanmedian of nothing:", float(ops.nanmedian(x)))
except Exception as error:
    print("nanmedian of nothing:", type(error).__name__)
