import keras
import numpy as np

penalty = keras.regularizers.OrthogonalRegularizer()
try:
    print("penalty:", float(penalty(keras.ops.cast(np.ones((2, 2)), "float16"))))
except Exception as error:
    print("penalty:", type(error).__name__)
