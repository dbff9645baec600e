import keras
import numpy as np

weight = keras.Variable(np.ones(1), dtype="float32")
optimizer = keras.optimizers.SGD(0.1)
optimizer.build([weight])
state = [variable.value for variable in optimizer.variables]
try:
    optimizer.stateless_apply(state, [keras.ops.ones(1)], [weight.value])
    print("applied: True")
except ValueError as error:
    print("applied:", type(error).__name__)
