"""Dense networks on flattened images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.portable import Dropout


def mlp(
    hidden: Sequence[int] = (),
    *,
    activation: str = "relu",
    output: str | None = "softmax",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    batch_norm: bool = False,
    **dense: Any,
) -> keras.Model:
    """Build a multilayer perceptron that ends in class probabilities.

    Args:
        hidden: Units of each hidden layer; none makes it a softmax regression.
        activation: Activation of the hidden layers.
        output: Activation of the output; `None` for logits.
        dropout: Rate of a `Dropout` after the last hidden layer, or after each where
            `batch_norm` is on; 0 for none.
        input_dropout: Rate of a `Dropout` of pixels; 0 for none.
        batch_norm: Whether to normalize between each hidden layer and its activation.
        **dense: Arguments of every hidden `keras.layers.Dense`, such as `kernel_initializer`.

    Returns:
        An uncompiled `keras.Sequential` from `(batch, 28, 28)` to `(batch, 10)`.

    Example:
    ```python
    from keras3_lab import models

    model = models.mlp(hidden=(100,), dropout=0.3)
    assert model.count_params() == 79_510
    ```
    """
    layers = [keras.Input((28, 28)), keras.layers.Flatten()]
    if input_dropout:
        layers.append(Dropout(input_dropout))
    for index, units in enumerate(hidden):
        if batch_norm:
            # The normalization brings a bias of its own.
            layers.append(keras.layers.Dense(units, use_bias=False, **dense))
            layers += [keras.layers.BatchNormalization(), keras.layers.Activation(activation)]
        else:
            layers.append(keras.layers.Dense(units, activation=activation, **dense))
        if dropout and (batch_norm or index == len(hidden) - 1):
            layers.append(Dropout(dropout))
    layers.append(keras.layers.Dense(10, activation=output))
    return keras.Sequential(layers)


def sigmoid_mlp(style: str) -> keras.Model:
    """Build N1's Dense(100, sigmoid) – Dense(10, softmax) on 784 pixels, in one of three ways.

    Args:
        style: `"named layers"` in a named model, `"layer objects"`, or `"add"`.

    Returns:
        An uncompiled `keras.Sequential` of 79,510 parameters, the same each way.
    """
    Dense = keras.layers.Dense  # noqa: N806 - a class
    flat = [keras.Input((28, 28)), keras.layers.Flatten()]
    if style == "named layers":
        hidden = Dense(100, activation="sigmoid", name="hidden")
        output = Dense(10, activation="softmax", name="output")
        # N1's name is '패션 MNIST 모델': Keras 3 takes it on JAX alone.
        return keras.Sequential([*flat, hidden, output], name="fashion_mnist_model")
    if style == "layer objects":
        dense1 = Dense(100, activation="sigmoid")
        dense2 = Dense(10, activation="softmax")
        return keras.Sequential([*flat, dense1, dense2])
    model = keras.Sequential()
    for layer in flat:
        model.add(layer)
    model.add(Dense(100, activation="sigmoid"))
    model.add(Dense(10, activation="softmax"))
    return model


def normalized_mlp(
    *,
    normalization: bool = True,
    batch_norm: str | None = None,
    shape: tuple[int, ...] = (28, 28),
    units: int = 30,
    output: str | None = "softmax",
) -> keras.Model:
    """Build N0's functional network: Normalization – Flatten – Dense(30, relu) ×2 – Dense(10).

    Args:
        normalization: Whether pixels pass through the `Normalization`. N0 overwrites its input
            by it, so that the model starts behind it.
        batch_norm: `None`, `"own"` for a `BatchNormalization` behind each hidden layer, or
            `"shared"` for N0's single one behind both.
        shape: Shape of one input, without the batch.
        units: Units of each hidden layer.
        output: Activation of the output; `None` for logits.

    Returns:
        An uncompiled `keras.Model` from `(batch, *shape)` to `(batch, 10)`.
    """
    shared = keras.layers.BatchNormalization() if batch_norm == "shared" else None
    inputs = keras.Input(shape)
    x = keras.layers.Normalization()(inputs) if normalization else inputs
    x = keras.layers.Flatten()(x)
    for _ in range(2):
        if batch_norm is None:
            x = keras.layers.Dense(units, activation="relu")(x)
            continue
        x = keras.layers.Dense(units)(x)
        x = (shared or keras.layers.BatchNormalization())(x)
        x = keras.layers.Activation("relu")(x)
    return keras.Model(inputs, keras.layers.Dense(10, activation=output)(x))


def adapt_normalization(model: keras.Model, splits: Any) -> None:
    """Set the statistics of the model's `Normalization` from the training rows.

    Args:
        model: A model of one input with one `Normalization`.
        splits: What it is going to be trained on.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            # In float64 always: the statistics are then the same in either dtype.
            layer.adapt(np.asarray(splits.x_train, "float64"))
