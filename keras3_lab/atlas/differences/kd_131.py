import numpy as np
from keras import ops

try:
    print(
        "counts:", ops.convert_to_numpy(ops.histogram(np.array([True, False]), bins=2)[0]).tolist()
    )
except Exception as error:
    print("counts:", type(error).__name__)
