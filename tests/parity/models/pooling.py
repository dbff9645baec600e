"""Pooling of every kind, with overlaps, padding and ties."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
from keras import layers as L

from models.declare import Models
from models.parts import classifier, functional, padded, rng

MODELS = Models(__name__)

SIZES = {1: 9, 2: 8, 3: 6}


def _side_by_side(rank: int, pools: list[tuple[str, dict]]):
    """Pool what one convolution puts out."""
    x = rng().normal(size=(32, *[SIZES[rank]] * rank, 2)).astype("float32")
    inputs = keras.Input(x.shape[1:])
    hidden = getattr(L, f"Conv{rank}D")(3, 3)(inputs)
    pooled = [getattr(L, f"{kind}{rank}D")(**arguments)(hidden) for kind, arguments in pools]
    joined = L.Concatenate()([L.Flatten()(each) for each in pooled])
    return functional(inputs, L.Dense(3)(joined), x)


POOLS = {
    "max": ("MaxPooling", {"pool_size": 2}),
    "max_overlapping": ("MaxPooling", {"pool_size": 3, "strides": 2, "padding": "same"}),
    "average": ("AveragePooling", {"pool_size": 2}),
    "average_overlapping": ("AveragePooling", {"pool_size": 3, "strides": 2, "padding": "same"}),
    "global_max": ("GlobalMaxPooling", {}),
    "global_average": ("GlobalAveragePooling", {"keepdims": True}),
    "adaptive_max": ("AdaptiveMaxPooling", {"output_size": 3}),
    "adaptive_average": ("AdaptiveAveragePooling", {"output_size": 3}),
}
for name, pool in POOLS.items():
    MODELS.add(name, partial(_side_by_side, 2, [pool]))
for rank in (1, 3):
    MODELS.add(f"all_{rank}d", partial(_side_by_side, rank, list(POOLS.values())))


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
