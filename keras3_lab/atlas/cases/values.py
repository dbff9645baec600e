"""Inputs that are chosen to part backends."""

from __future__ import annotations

import numpy as np

from keras3_lab.atlas.case import numbers

# Of one shape where it does not matter which: what is compiled for one then serves all.
ORDINARY = numbers(4, 6)
ZEROS = np.resize([0.0, -0.0], 12)
SPECIAL = np.resize([np.inf, -np.inf, np.nan, 1.0], 12)
LARGE = np.resize([1e30, -1e30, 88.0, 89.0, -104.0, 1e4], 12)
SMALL = np.resize([1e-30, -1e-30, 1e-38, 1e-40, -1e-45, 1e-7], 12)
KINKS = np.array([-6.0, -3.0, -2.5, -1.0, -0.5, 0.0, -0.0, 0.5, 1.0, 2.5, 3.0, 6.0])
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
