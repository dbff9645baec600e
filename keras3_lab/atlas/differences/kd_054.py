import keras
import numpy as np

x = np.sin(np.arange(4000) ** 1.5).astype("float32")[None]
layer = keras.layers.MelSpectrogram(fft_length=32, sequence_stride=16, num_mel_bins=6)
print("sum:", float(np.array(layer(x), "float64").sum()))
