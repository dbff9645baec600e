"""Initializers that Keras does not bring; the implementation is `keras3_lab.portable`."""

from keras3_lab.portable.dirac import Dirac

__all__ = ["Dirac"]
