"""Layers that behave alike on every backend, defined in `keras3_lab.portable` and `.tabular`."""

from keras3_lab.portable.augmentation import Cutout, RandomFlip, RandomShift
from keras3_lab.portable.dropout import Dropout
from keras3_lab.portable.resize import Resize
from keras3_lab.tabular import Crossed, MeanOfMembers, Neighbours

__all__ = [
    "Crossed",
    "Cutout",
    "Dropout",
    "MeanOfMembers",
    "Neighbours",
    "RandomFlip",
    "RandomShift",
    "Resize",
]
