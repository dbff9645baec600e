import keras
import numpy as np

x = np.array([[100, 100]], "uint8")
layer = keras.layers.Lambda(lambda x: keras.ops.dot(x, keras.ops.transpose(x)), dtype="uint8")
model = keras.Sequential([keras.Input((2,), dtype="uint8"), layer])
model.compile(jit_compile=True)
print("20000 in a byte:", model.predict_on_batch(x).tolist())
