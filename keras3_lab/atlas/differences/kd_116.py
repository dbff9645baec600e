import numpy as np
from keras import ops

images = ops.convert_to_tensor(np.ones((0, 5, 6, 4), "float32"))
kernel = ops.convert_to_tensor(np.ones((3, 3, 4, 2), "float32"))
print("shape:", tuple(ops.conv(images, kernel).shape))
