import numpy as np
from keras import ops

x = np.zeros((1, 6, 4), "float32")
paths, scores = ops.ctc_decode(x, np.array([6]), strategy="beam_search")
print("path:", ops.convert_to_numpy(paths).ravel().tolist())
print("score:", round(float(ops.convert_to_numpy(scores).ravel()[0]), 3))
