"""Cases of dense layers."""

from __future__ import annotations

from collections.abc import Iterator

from keras import layers

from keras3_lab.atlas.case import WIDE, Case, LayerCall, numbers


def cases() -> Iterator[Case]:
    """Yield the cases."""
    x = numbers(4, 6)
    yield LayerCall("layers.Dense", "ordinary", make=lambda: layers.Dense(3), inputs=(x,))
    yield LayerCall(
        "layers.SpectralNormalization",
        "dense",
        WIDE,
        make=lambda: layers.SpectralNormalization(layers.Dense(3)),
        inputs=(x,),
    )
    yield LayerCall(
        "layers.BatchNormalization", "table", make=layers.BatchNormalization, inputs=(x,)
    )
