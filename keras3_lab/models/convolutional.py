"""Convolutional networks on small colour images."""

from __future__ import annotations

import keras

from keras3_lab.portable import Dropout

FILTERS = (64, 128, 128)
RATE = 0.3


def convolutions(
    *,
    batch_norm: bool = False,
    output: str | None = None,
    relu_twice: bool = False,
    dtype: str | None = None,
) -> keras.Model:
    """Build N2's network: three blocks of two convolutions and a pooling, then dense layers.

    A block is Conv2D(4 × 4) – Dropout – Conv2D(4 × 4) – MaxPool(2) – Dropout, with 64, 128 and 128
    filters; Dense(256) – Dropout – Dense(10) follow.

    Args:
        batch_norm: Whether to normalize between each layer and its relu.
        output: Activation of the output; `None` for logits.
        relu_twice: Whether the last convolution has a relu before its normalization, too, as in
            N2.
        dtype: Dtype policy of all layers but the last, such as `"mixed_bfloat16"`. Defaults to
            the global one.

    Returns:
        An uncompiled `keras.Sequential` from `(batch, 32, 32, 3)` to `(batch, 10)`.

    Example:
    ```python
    from keras3_lab import models

    assert models.convolutions().count_params() == 1_513_866
    ```
    """
    last = 2 * len(FILTERS) - 1

    def activated(
        layer: type[keras.layers.Layer], index: int, *size: int, **more: str
    ) -> list[keras.layers.Layer]:
        if not batch_norm:
            return [layer(*size, activation="relu", dtype=dtype, **more)]
        activation = "relu" if relu_twice and index == last else None
        return [
            layer(*size, activation=activation, dtype=dtype, **more),
            keras.layers.BatchNormalization(dtype=dtype),
            keras.layers.Activation("relu", dtype=dtype),
        ]

    layers = [keras.Input((32, 32, 3))]
    for block, filters in enumerate(FILTERS):
        for half in range(2):
            layers += activated(keras.layers.Conv2D, 2 * block + half, filters, 4, padding="same")
            if half:
                layers.append(keras.layers.MaxPool2D(2, dtype=dtype))
            layers.append(Dropout(RATE, dtype=dtype))
    layers.append(keras.layers.Flatten(dtype=dtype))
    layers += activated(keras.layers.Dense, last + 1, 256)
    layers += [Dropout(RATE, dtype=dtype), keras.layers.Dense(10, activation=output)]
    return keras.Sequential(layers)
