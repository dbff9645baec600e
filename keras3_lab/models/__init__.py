"""Builders of uncompiled Keras models."""

from keras3_lab.models.airbench import adapt_airbench, airbench
from keras3_lab.models.convolutional import convolutions
from keras3_lab.models.dense import adapt_normalization, mlp, normalized_mlp, sigmoid_mlp
from keras3_lab.models.housing import (
    adapt_neighbourly_members,
    adapt_wide_deep,
    neighbourly_members,
    wide_deep,
)
from keras3_lab.models.pretrained import load_imagenet, train_top, transfer
from keras3_lab.models.styles import functional, sequential, subclassed, two_ended
from keras3_lab.models.views import AveragedViews

__all__ = [
    "AveragedViews",
    "adapt_airbench",
    "adapt_neighbourly_members",
    "adapt_normalization",
    "adapt_wide_deep",
    "airbench",
    "convolutions",
    "functional",
    "load_imagenet",
    "mlp",
    "neighbourly_members",
    "normalized_mlp",
    "sequential",
    "sigmoid_mlp",
    "subclassed",
    "train_top",
    "transfer",
    "two_ended",
    "wide_deep",
]
