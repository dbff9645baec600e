import os

os.environ["JAX_ENABLE_X64"] = "1"
import keras
import numpy as np

keras.config.set_floatx("float64")
for name, layer, x in (
    ("mel", keras.layers.MelSpectrogram(fft_length=16, sequence_stride=8), np.ones((1, 64))),
    ("turn", keras.layers.RandomRotation((0.1, 0.1)), np.ones((1, 4, 4, 1))),
):
    try:
        print(name, keras.Sequential([layer])(x, training=True).shape)
    except Exception as error:
        print(name, type(error).__name__)
