import keras
import numpy as np

weight = keras.Variable(np.ones(1), dtype="float32")
optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
try:
    for _ in range(2):
        optimizer.apply([keras.ops.ones(1)], [weight])
    print("weight:", np.round(np.array(weight), 4))
except Exception as error:
    print("weight:", type(error).__name__)
