import keras
import numpy as np

dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
model = keras.Sequential([keras.Input((1,)), dense])
model.compile(keras.optimizers.SGD(0.25), "mse")


def stop(batch, logs):
    model.optimizer.learning_rate = 0.0


callback = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
model.fit(np.ones((2, 1)), np.zeros((2, 1)), batch_size=1, callbacks=[callback], verbose=0)
print("weight:", float(model.get_weights()[0].item()))
