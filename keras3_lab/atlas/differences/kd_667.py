import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(12, dtype="float32").reshape(1, 1, 3, 4) ** 2)
edges = ops.convert_to_numpy(ops.image.sobel_edges(x, data_format="channels_first"))
print("shape:", edges.shape)
print("sum of absolute edges:", float(np.abs(edges).sum()))
