import keras
import numpy as np

layer = keras.layers.Dense(1, kernel_initializer="ones")
steps = [keras.Input((2, 1)), layer, keras.layers.GlobalMaxPooling1D()]
model = keras.Sequential(steps)
model.compile(keras.optimizers.SGD(0.5), loss=lambda y, p: p)
model.fit(np.array([[[np.nan], [1.0]]]), np.zeros((1, 1)), verbose=0)
print("bias:", np.array(layer.bias).tolist())
