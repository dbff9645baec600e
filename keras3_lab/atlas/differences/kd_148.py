import numpy as np
from keras import ops

x = np.arange(6).astype("float32")
print(
    "the nearest to 0.3 of six:",
    ops.convert_to_numpy(ops.quantile(x, 0.3, method="nearest")).tolist(),
)
