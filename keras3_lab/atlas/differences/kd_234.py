import keras
import numpy as np

model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), jit_compile=True)
loss = model.test_on_batch(np.array([[-np.inf, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0]]))
print("loss:", round(float(loss), 4))
