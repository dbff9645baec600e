"""Inputs that are chosen to part backends."""

from __future__ import annotations

import numpy as np

from keras3_lab.atlas.case import numbers

ORDINARY = numbers(4, 6)
ZEROS = np.array([0.0, -0.0, 0.0, -0.0])
SPECIAL = np.array([np.inf, -np.inf, np.nan, 1.0])
LARGE = np.array([1e30, -1e30, 88.0, 89.0, -104.0, 1e4])
SMALL = np.array([1e-30, -1e-30, 1e-38, 1e-40, -1e-45, 1e-7])
EMPTY = np.zeros((0, 3))
WHOLE = np.array([-3, -1, 0, 1, 2, 7], "int32")

BY_NAME = {
    "ordinary": ORDINARY,
    "zeros": ZEROS,
    "special": SPECIAL,
    "large": LARGE,
    "small": SMALL,
    "empty": EMPTY,
}
"""What every function of one array is tried on."""
