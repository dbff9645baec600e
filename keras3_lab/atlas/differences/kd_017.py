import keras
import numpy as np

try:
    print("values:", np.array(keras.layers.PReLU()(np.array([[-1, 2]], "int32"))).tolist())
except Exception as error:
    print("error:", type(error).__name__)
