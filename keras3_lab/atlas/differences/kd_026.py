import keras
import numpy as np

layer = keras.layers.STFTSpectrogram(frame_length=16, frame_step=8, fft_length=16)
print("shape:", tuple(layer(np.zeros((0, 80, 1), "float32")).shape))
