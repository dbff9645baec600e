import keras
import numpy as np

x = np.full((1, 1), -0.75, "float32")
dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
model = keras.Sequential(
    [keras.Input((1,)), dense, keras.layers.Lambda(keras.ops.rms_normalization)]
)
model.compile(keras.optimizers.SGD(1e5), "mean_absolute_error", jit_compile=False)
model.train_on_batch(x, np.full((1, 1), 2.0, "float32"))
print(f"slope, exactly 2.4e-07: {abs(model.get_weights()[0].item() - 1) / 1e5:.1e}")
