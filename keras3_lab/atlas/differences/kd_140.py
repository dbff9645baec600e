import numpy as np
from keras import ops

try:
    print(
        "multi_hot of no label:",
        ops.convert_to_numpy(ops.multi_hot(np.zeros(0, "int32"), 3)).tolist(),
    )
except Exception as error:
    print("multi_hot of no label:", type(error).__name__)
