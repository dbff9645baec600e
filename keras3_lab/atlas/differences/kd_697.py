import numpy as np
from keras import ops

try:
    print("place of 12 in 3 by 4:", [int(i) for i in ops.unravel_index(np.array(12), (3, 4))])
except Exception as error:
    print("place of 12 in 3 by 4:", type(error).__name__)
