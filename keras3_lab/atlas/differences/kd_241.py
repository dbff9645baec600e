import keras
import numpy as np

embedding = keras.layers.Embedding(2, 1, mask_zero=True, embeddings_initializer="ones")
dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
model = keras.Sequential([keras.Input((2,), dtype="int32"), embedding, dense])
model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
history = model.fit(np.array([[1, 0]]), np.array([[[1.0], [3.0]]]), verbose=0).history
print("mae:", round(history["mae"][0], 3))
