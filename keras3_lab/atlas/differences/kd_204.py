import keras
import numpy as np

weight = keras.Variable(np.ones(1), dtype="float32")
optimizer = keras.optimizers.ScheduleFreeAdamW(0.1)
for _ in range(3):
    optimizer.apply([keras.ops.ones(1)], [weight])
print("weight:", np.round(np.array(weight), 4))
