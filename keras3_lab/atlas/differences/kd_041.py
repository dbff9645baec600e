import keras
import numpy as np

x = np.arange(4, dtype="float32").reshape(1, 4, 1)
move = keras.layers.RandomTranslation(0.0, (0.375, 0.375), fill_mode="wrap")
print("moved:", np.round(np.array(move(x, training=True)).ravel(), 2).tolist())
