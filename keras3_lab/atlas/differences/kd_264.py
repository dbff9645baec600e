import keras
import numpy as np

scale = keras.Variable(1.0)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
model.compile(keras.optimizers.SGD(0.0), loss=lambda y, output: scale * output)
for value in (1.0, 2.0):
    scale.assign(value)
    loss = model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0).history["loss"][0]
    print(f"loss times {value}:", round(loss, 3))
