import keras
import numpy as np

model = keras.Sequential([keras.Input((2,), dtype="int32"), keras.layers.Embedding(2, 1)])
model.set_weights([np.zeros((2, 1))])
model.compile(keras.optimizers.Adam(0.1), "mse")
model.train_on_batch(np.array([[1, 1]]), np.ones((1, 2, 1)))
print("velocity:", np.round(np.array(model.optimizer.variables[3]).ravel(), 6))
