"""Dense networks on flattened images."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras3_lab.portable import Dropout


def mlp(
    hidden: Sequence[int] = (),
    *,
    shape: tuple[int, ...] = (28, 28),
    classes: int = 10,
    activation: str = "relu",
    dropout: float = 0.0,
) -> keras.Model:
    """Build a multilayer perceptron that ends in class probabilities.

    Args:
        hidden: Units of each hidden layer; none makes it a softmax regression.
        shape: Shape of one input, without the batch.
        classes: Number of classes.
        activation: Activation of the hidden layers.
        dropout: Rate of a `Dropout` before the output, or 0 for none.

    Returns:
        An uncompiled `keras.Sequential` from `(batch, *shape)` to `(batch, classes)`.

    Example:
    ```python
    from keras3_lab import models

    model = models.mlp(hidden=(100,), dropout=0.3)
    assert model.count_params() == 79_510
    ```
    """
    layers = [keras.Input(shape), keras.layers.Flatten()]
    layers += [keras.layers.Dense(units, activation=activation) for units in hidden]
    if dropout:
        layers.append(Dropout(dropout))
    layers.append(keras.layers.Dense(classes, activation="softmax"))
    return keras.Sequential(layers)
