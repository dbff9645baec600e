from keras import ops

x = ops.ones((4,))
try:
    print("shape:", tuple(ops.stft(x, 8, 4, 8, center=False)[0].shape))
except Exception as error:
    print("shape:", type(error).__name__)
