"""Builders of uncompiled Keras models."""

from keras3_lab.models.convolutional import convolutions
from keras3_lab.models.dense import adapt_normalization, mlp, normalized_mlp, sigmoid_mlp
from keras3_lab.models.styles import functional, sequential, subclassed, two_ended

__all__ = [
    "adapt_normalization",
    "convolutions",
    "functional",
    "mlp",
    "normalized_mlp",
    "sequential",
    "sigmoid_mlp",
    "subclassed",
    "two_ended",
]
