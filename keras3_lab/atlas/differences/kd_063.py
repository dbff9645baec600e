import keras
import numpy as np

model = keras.Sequential([keras.layers.Input((8, 8, 64))])
kernel = np.random.default_rng(0).normal(size=(3, 3, 64, 64)) / 17
for _ in range(12):
    model.add(keras.layers.Conv2D(64, 3, padding="same", activation="relu"))
    model.layers[-1].set_weights([kernel, np.zeros(64)])
print("sum:", float(model.predict(np.ones((1, 8, 8, 64)), verbose=0).astype("float64").sum()))
