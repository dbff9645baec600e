"""What must be bit-identical on every Keras backend, device and dtype.

Random bits, initial weights, batch order, dropout masks and augmentation depend on the seed alone,
and losses are the same function everywhere. No backend is imported here.
"""

from keras3_lab.portable import float64
from keras3_lab.portable.draws import seed_word
from keras3_lab.portable.dropout import Dropout, dropout_mask, masks_digest
from keras3_lab.portable.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy
from keras3_lab.portable.order import batch_order, order_digest
from keras3_lab.portable.resize import Resize
from keras3_lab.portable.threefry import random_bits, threefry_2x32
from keras3_lab.portable.weights import initialize, weights_digest

__all__ = [
    "CategoricalCrossentropy",
    "Dropout",
    "Resize",
    "SparseCategoricalCrossentropy",
    "batch_order",
    "dropout_mask",
    "float64",
    "initialize",
    "masks_digest",
    "order_digest",
    "random_bits",
    "seed_word",
    "threefry_2x32",
    "weights_digest",
]
