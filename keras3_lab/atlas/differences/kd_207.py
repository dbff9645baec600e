import keras

print("iterations:", keras.optimizers.SGD().iterations.dtype)
