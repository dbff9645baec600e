import keras
import numpy as np

weights = keras.ops.convert_to_tensor(np.zeros((2, 1)), "float16")
print("UnitNorm:", np.array(keras.constraints.UnitNorm()(weights)).ravel())
