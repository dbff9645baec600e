import keras
import numpy as np

model = keras.Sequential([keras.Input((2,)), keras.layers.Softmax()])
model.compile("sgd", "sparse_categorical_crossentropy")
loss = model.test_on_batch(np.array([[25.0, 0.0]]), np.array([1]))
print("loss:", round(float(loss), 3))
