import keras
import numpy as np

try:
    layer = keras.layers.TextVectorization(vocabulary=["a", "b"], ragged=True)
    print("lengths:", layer(np.array(["a b", "b"])).row_lengths().numpy().tolist())
except Exception as error:
    print("error:", type(error).__name__)
