import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([0, 1], "int32"))
try:
    print(
        "loss:",
        round(float(ops.mean(ops.binary_crossentropy(x, np.array([0.2, 0.3], "float32")))), 4),
    )
except Exception as error:
    print("loss:", type(error).__name__)
