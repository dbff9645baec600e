import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.array([10.0, 20.0, 30.0, 40.0], "float32"))
at = np.array([[-1.0, -1.4]], "float32")
found = ops.image.map_coordinates(x, at, 0, fill_mode="reflect")
print("at -1 and -1.4:", ops.convert_to_numpy(found).tolist())
