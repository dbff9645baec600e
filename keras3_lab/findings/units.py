"""Which relu units a trained network uses."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from keras3_lab.engine import predict
from keras3_lab.recipes import Findings, Outcome

SELDOM = 0.01


def relu_units(outcome: Outcome) -> list[Findings]:
    """Count each relu layer's units that are never above 0, and those that seldom are.

    Over the first 1,000 validation rows, and over all positions of an image.
    """
    (model,) = outcome.models.values()
    relus = [
        layer
        for layer in model.layers
        if getattr(layer, "activation", None) is keras.activations.relu
    ]
    probe = keras.Model(model.inputs, [_active(layer.output) for layer in relus])
    x = outcome.splits.x_val[:1000]
    shares = [np.mean(share, axis=0) for share in predict(probe, x, verbose=0)]
    rows = [
        (
            f"{index} {type(layer).__name__}",
            len(share),
            int(np.sum(share == 0)),
            int(np.sum(share < SELDOM)),
            float(np.mean(share)),
        )
        for index, (layer, share) in enumerate(zip(relus, shares, strict=True), 1)
    ]
    columns = ("relu layer", "units", "never above 0", f"at less than {SELDOM:.0%}", "mean share")
    title = f"Relu units above 0, over the positions of {len(x):,} validation rows"
    return [Findings(title=title, columns=columns, rows=rows)]


def _active(output: keras.KerasTensor) -> keras.KerasTensor:
    """Share of an image's positions at which each unit is above 0, `(batch, units)`."""
    active = ops.cast(output > 0, "float32")
    return ops.mean(active, axis=tuple(range(1, len(output.shape) - 1)))
