import keras
import numpy as np

model = keras.Sequential([keras.Input((4,), dtype="int32"), keras.layers.Embedding(2, 1)])
model.set_weights([np.zeros((2, 1))])
model.compile(keras.optimizers.SGD(1.0, clipvalue=0.1), "mse")
model.train_on_batch(np.array([[1, 1, 1, 1]]), np.ones((1, 4, 1)))
print("step:", np.round(model.get_weights()[0].ravel(), 4))
