import numpy as np
from keras import ops

rows = ops.convert_to_tensor(np.array([[-0.5, 1.5, 0.2], [0.0, 1.0, 0.0]], "float32"))
loss = ops.sparse_categorical_crossentropy(np.array([1, 1], "int32"), rows)
print("loss:", [float(f"{float(one):.3g}") for one in loss])
