"""The same network by each of Keras's ways to build one."""

from __future__ import annotations

from typing import Any

import keras

UNITS = (256, 64, 32)


def sequential() -> keras.Model:
    """Build 784 – 256 – 64 – 32 – 10 as a list of layers."""
    layers = [keras.layers.Dense(units, activation="relu") for units in UNITS]
    output = keras.layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), *layers, output])


def functional() -> keras.Model:
    """Build the same by calling layers on tensors."""
    inputs = keras.Input((28, 28))
    x = keras.layers.Flatten()(inputs)
    for units in UNITS:
        x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("keras3_lab")
class Subclassed(keras.Model):
    """The same as a class of its own.

    N3 says that such a model cannot be saved whole. In Keras 3 it can, once its class is
    registered: what `__init__` takes is all that its configuration needs.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flatten = keras.layers.Flatten()
        self.hidden = [keras.layers.Dense(units, activation="relu") for units in UNITS]
        self.output_layer = keras.layers.Dense(10, activation="softmax")

    def build(self, input_shape: Any) -> None:
        """Make the weights, which depend on the width of the input."""
        width = 1
        for size in input_shape[1:]:
            width *= size
        for layer in (*self.hidden, self.output_layer):
            layer.build((None, width))
            width = layer.units
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return class probabilities."""
        x = self.flatten(inputs)
        for layer in self.hidden:
            x = layer(x)
        return self.output_layer(x)


def subclassed() -> keras.Model:
    """Build the same by subclassing `keras.Model`."""
    model = Subclassed()
    model.build((None, 28, 28))
    return model


def two_ended() -> keras.Model:
    """Build a functional model of two inputs and two outputs.

    It takes the upper and the lower half of an image, and says which digit it is and whether
    that is even.
    """
    upper, lower = keras.Input((14, 28), name="upper"), keras.Input((14, 28), name="lower")
    halves = [keras.layers.Flatten()(half) for half in (upper, lower)]
    x = keras.layers.Concatenate()(halves)
    for units in UNITS:
        x = keras.layers.Dense(units, activation="relu")(x)
    digit = keras.layers.Dense(10, activation="softmax", name="digit")(x)
    even = keras.layers.Dense(1, activation="sigmoid", name="even")(x)
    return keras.Model([upper, lower], [digit, even])
