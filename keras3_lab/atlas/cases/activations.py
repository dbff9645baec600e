"""Cases of `keras.activations`."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from keras3_lab.atlas.case import Call, Case
from keras3_lab.atlas.cases.values import BY_NAME, KINKS

ELEMENTWISE = (
    "celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu "
    "linear log_sigmoid mish relu relu6 selu sigmoid silu soft_shrink softplus softsign "
    "sparse_plus sparse_sigmoid squareplus tanh tanh_shrink threshold"
)
ALONG_AN_AXIS = ("log_softmax", "softmax", "sparsemax", "glu")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name in ELEMENTWISE.split():
        function = getattr(keras.activations, name)
        for what, array in {**BY_NAME, "kinks": KINKS}.items():
            more = (0.5, 0.0) if name == "threshold" else ()
            yield Call(f"activations.{name}", what, function=function, inputs=(array, *more))
    for name in ALONG_AN_AXIS:
        function = getattr(keras.activations, name)
        for what, array in BY_NAME.items():
            table = array if array.ndim == 2 else array[None]
            yield Call(f"activations.{name}", what, function=function, inputs=(table,))
        ties = np.array([[1.0, 1.0, 0.0, 1.0]])
        yield Call(f"activations.{name}", "ties", function=function, inputs=(ties,))
