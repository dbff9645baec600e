"""Builders of uncompiled Keras models."""

from keras3_lab.models.dense import mlp

__all__ = ["mlp"]
