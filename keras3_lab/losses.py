"""Losses that are alike on every backend; the implementation is `keras3_lab.portable`."""

from keras3_lab.portable.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

__all__ = ["CategoricalCrossentropy", "SparseCategoricalCrossentropy"]
