import keras
import numpy as np

layer = keras.layers.Discretization(bin_boundaries=[0.0, 1.0])
model = keras.Sequential([keras.Input((1,)), layer])
model.compile(jit_compile=True)
print("bin of NaN:", model.predict_on_batch(np.array([[np.nan]])).tolist())
