import keras
import numpy as np

print("variable:", keras.Variable(np.ones(1)).dtype)
