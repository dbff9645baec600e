import keras
import numpy as np

layer = keras.layers.CategoryEncoding(4, output_mode="count")
model = keras.Sequential([keras.Input((3,), dtype="int32"), layer])
model.compile(jit_compile=True)
print("shape:", model.predict_on_batch(np.zeros((0, 3), "int32")).shape)
