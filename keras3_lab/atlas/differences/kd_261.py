import keras
import numpy as np

keras.config.set_floatx("bfloat16")
weight = keras.Variable(np.ones((2, 2)), dtype="bfloat16")
try:
    keras.optimizers.Muon(0.1).apply([keras.ops.ones((2, 2))], [weight])
    print("weight:", round(float(weight[0, 0]), 3))
except Exception as error:
    print("weight:", type(error).__name__)
