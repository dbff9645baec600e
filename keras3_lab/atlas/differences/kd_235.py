import keras
import numpy as np

model = keras.Sequential([keras.Input((2,)), keras.layers.Activation("linear")])
model.compile("sgd", keras.losses.CategoricalGeneralizedCrossEntropy())
loss = model.test_on_batch(np.array([[np.nan, 0.25]]), np.array([1]))
print("loss:", round(float(loss), 4))
