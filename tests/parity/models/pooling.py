"""Pooling of every kind, with overlaps, padding and ties."""

from __future__ import annotations

from functools import partial

import numpy as np
from keras import layers as L

from models.declare import Models
from models.parts import classifier, padded, rng

MODELS = Models(__name__)

SIZES = {1: 9, 2: 8, 3: 6}


def _pooled(rank: int, kind: str, arguments: dict):
    x = rng().normal(size=(32, *[SIZES[rank]] * rank, 2)).astype("float32")
    conv, pool = getattr(L, f"Conv{rank}D"), getattr(L, f"{kind}{rank}D")
    return classifier(x, [conv(3, 3), pool(**arguments)])


WINDOWS = {
    "max": ("MaxPooling", {"pool_size": 2}),
    "max_overlapping": ("MaxPooling", {"pool_size": 3, "strides": 2, "padding": "same"}),
    "average": ("AveragePooling", {"pool_size": 2}),
    "average_overlapping": ("AveragePooling", {"pool_size": 3, "strides": 2, "padding": "same"}),
}
WHOLE = {
    "global_max": ("GlobalMaxPooling", {}),
    "global_average": ("GlobalAveragePooling", {"keepdims": True}),
    "adaptive_max": ("AdaptiveMaxPooling", {"output_size": 3}),
    "adaptive_average": ("AdaptiveAveragePooling", {"output_size": 3}),
}
for rank in (1, 2, 3):
    for name, (kind, arguments) in WINDOWS.items():
        MODELS.add(f"{name}_{rank}d", partial(_pooled, rank, kind, arguments))
    for name, (kind, arguments) in WHOLE.items():
        MODELS.add(f"{name}_{rank}d", partial(_pooled, rank, kind, arguments))


def _tied(pool: L.Layer):
    """Unequal pixels that a kernel of ones makes equal: which of them gets the gradient shows."""
    bits = rng().integers(0, 2, (32, 8, 8, 1))
    x = np.concatenate([bits, 1 - bits], axis=-1).astype("float32")
    return classifier(x, [L.Conv2D(3, 1, kernel_initializer="ones"), pool])


# Both take the first of equal entries in a window, and share the gradient among equal ones over a
# whole axis.
MODELS.add("max_ties", lambda: _tied(L.MaxPooling2D(2)))
MODELS.add("max_ties_overlapping", lambda: _tied(L.MaxPooling2D(3, 1, padding="same")))
MODELS.add("global_max_ties", lambda: _tied(L.GlobalMaxPooling2D()))


@MODELS.agree
def global_average_masked():
    return classifier(padded(), [L.Masking(), L.Dense(4), L.GlobalAveragePooling1D()])
