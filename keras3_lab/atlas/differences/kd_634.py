import numpy as np
from keras import ops

x = np.zeros((0, 0), "float32")
try:
    print("rank of nothing:", int(ops.matrix_rank(x)))
except Exception as error:
    print("rank of nothing:", type(error).__name__)
