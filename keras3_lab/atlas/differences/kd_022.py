import keras
import numpy as np

try:
    x = keras.Input((1,), dtype="int32")
    model = keras.Model(x, keras.layers.Hashing(5)(x))
    print("hashed:", model.predict(np.array([[1], [2]]), verbose=0).tolist())
except Exception as error:
    print("error:", type(error).__name__)
