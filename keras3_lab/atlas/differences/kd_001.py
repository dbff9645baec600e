import numpy as np
from keras import ops

x = np.zeros((3, 3), "float32")
column = np.array([[1.0], [2.0], [3.0]], "float32")
print("sum of columns:", np.array(ops.sum(ops.add(x, column), axis=0)).tolist())
print("sum of rows:", np.array(ops.sum(ops.add(x, column), axis=1)).tolist())
