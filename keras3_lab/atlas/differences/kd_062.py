import os

os.environ["JAX_ENABLE_X64"] = "1"
import keras
import numpy as np

keras.config.set_floatx("float64")
dense = keras.layers.Dense(42, use_bias=False, kernel_initializer="zeros")
pool = keras.layers.AveragePooling2D(9, strides=1, padding="same")
steps = [keras.Input((1,)), dense, keras.layers.Reshape((7, 6, 1)), pool, keras.layers.Flatten()]
model = keras.Sequential(steps)
model.compile(keras.optimizers.SGD(1.0), lambda y, p: keras.ops.sum(p * y, -1), run_eagerly=True)
model.fit(np.ones((1, 1)), np.arange(42.0)[None], verbose=0)
print("kernel:", np.round(np.array(dense.kernel)[0, :4], 3).tolist())
