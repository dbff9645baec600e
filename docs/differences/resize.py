"""Bicubic resizing is rounded on TensorFlow.

TensorFlow takes its weights from a table of 1,024 entries; JAX computes them.
"""

import keras
import numpy as np

image = (np.arange(16.0).reshape(1, 4, 4, 1) ** 2).astype("float32")
for interpolation in ("bicubic", "bilinear"):
    resized = np.asarray(keras.ops.image.resize(image, (7, 7), interpolation=interpolation))
    print(f"{interpolation}:", f"{float(resized[0, 2, 2, 0]):.4f}")

# Remedy: bilinear, for one; as a layer, the same in float64, too.
from keras3_lab.layers import Resize

print("keras3_lab.layers.Resize:", f"{float(np.asarray(Resize(7)(image))[0, 2, 2, 0]):.4f}")
