import keras
import numpy as np

decay = keras.optimizers.schedules.PolynomialDecay(0.1, 6, power=0.5)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
model.compile(keras.optimizers.SGD(decay), "mse")
model.build((None, 1))
model.optimizer.build(model.trainable_variables)
model.optimizer.iterations.assign(7)
model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
print("weight at step 7:", round(float(model.get_weights()[0].item()), 4))
