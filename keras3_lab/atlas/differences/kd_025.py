import keras
import numpy as np

mel = keras.layers.MelSpectrogram(
    fft_length=8, sequence_stride=4, num_mel_bins=2, power_to_db=False
)
dense = keras.layers.Dense(16, kernel_initializer="zeros")
model = keras.Sequential([keras.Input((1,)), dense, mel])
model.compile("sgd", loss="mse")
model.fit(np.ones((1, 1)), np.ones((1, *model.output_shape[1:])), verbose=0)
print("finite weights:", bool(np.isfinite(np.array(dense.kernel)).all()))
