"""Layers that behave alike on every backend; the implementation is `keras3_lab.portable`."""

from keras3_lab.portable.augmentation import Cutout, RandomFlip, RandomShift
from keras3_lab.portable.dropout import Dropout
from keras3_lab.portable.resize import Resize

__all__ = ["Cutout", "Dropout", "RandomFlip", "RandomShift", "Resize"]
