"""What layers and their variables keep to themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras3_lab.private.parts import attribute, part

PORTABLE, PARITY, ENGINE = "keras3_lab.portable", "keras3_lab.parity", "keras3_lab.engine"

_get_keras_mask = part("keras.src.backend.common.masking:get_keras_mask", ENGINE)
_set_keras_mask = part("keras.src.backend.common.masking:set_keras_mask", ENGINE)


def flatten_layers(model: keras.Model, *, recursive: bool = True) -> list[keras.layers.Layer]:
    """Return all layers inside a model or layer, those inside other layers included.

    Unnecessary once Keras exports `Layer._flatten_layers`; `Model.layers` stops at the first level,
    and `Layer` has none.

    Args:
        model: A model or layer.
        recursive: Whether to look into layers, too.
    """
    found = attribute(model, "_flatten_layers", PARITY)
    return list(found(include_self=False, recursive=recursive))


def sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return the layers directly inside a layer, in the order in which `weights` visits them.

    Unnecessary once `layers` is an attribute of every layer, as it is of models.
    """
    return list(attribute(layer, "_layers", PORTABLE))


def own_variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    """Return the weights that a layer created itself, without those of layers inside it.

    Unnecessary once `Layer.weights` takes an argument that leaves out sublayers.
    """
    return [
        *own_trainable_variables(layer),
        *attribute(layer, "_non_trainable_variables", PORTABLE),
    ]


def own_trainable_variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    """Return those of a layer's own weights that were made to be trained, frozen or not.

    Unnecessary once `Layer.trainable_weights` takes an argument that leaves out sublayers.
    """
    return list(attribute(layer, "_trainable_variables", PORTABLE))


def kept_initializer(variable: keras.Variable) -> Callable[..., Any] | None:
    """Return the initializer of a variable that has no value yet; `None` afterwards.

    Unnecessary once a `keras.Variable` keeps its initializer and tells it.
    """
    initializer: Callable[..., Any] | None = attribute(variable, "_initializer", PORTABLE)
    return initializer


def seed_generators(layer: keras.layers.Layer) -> list[Any]:
    """Return the `keras.random.SeedGenerator`s that a layer created, without those of sublayers.

    Unnecessary once layers list their generators, or save the state of them with their weights
    (https://github.com/keras-team/keras/issues/19796).
    """
    return list(attribute(layer, "_seed_generators", PORTABLE))


def operation_of(tensor: Any) -> keras.Operation:
    """Return the layer or operation of a functional model that a `KerasTensor` comes from.

    Unnecessary once `KerasTensor` tells where it comes from.
    """
    return attribute(attribute(tensor, "_keras_history", ENGINE), "operation", ENGINE)


def keys_of(operation: keras.Operation) -> list[Any]:
    """Return what a functional model takes from tensors, `x[key]`, by an operation `GetItem`.

    Unnecessary once an operation lists its calls and their arguments.
    """
    nodes = attribute(operation, "_inbound_nodes", ENGINE)
    return [node.arguments.args[1] for node in nodes]


def mask_of(tensor: Any) -> Any:
    """Return the mask that a tensor carries; `None` where it has none.

    Unnecessary once Keras exports `get_keras_mask`.
    """
    return _get_keras_mask(tensor)


def set_mask(tensor: Any, mask: Any) -> None:
    """Have a tensor carry a mask.

    Unnecessary once Keras exports `set_keras_mask`.
    """
    _set_keras_mask(tensor, mask)


def spatial_noise_shape(layer: keras.layers.Layer, inputs: Any) -> tuple[Any, ...]:
    """Return the shape of the mask of a `SpatialDropout1D`, `2D` or `3D`: one value a channel.

    Unnecessary once those layers have a public `noise_shape`, like `keras.layers.Dropout`.
    """
    return tuple(attribute(layer, "_get_noise_shape", PARITY)(inputs))


def alpha_noise_shape(layer: keras.layers.AlphaDropout, inputs: Any) -> tuple[Any, ...]:
    """Return the shape of the mask of an `AlphaDropout`: its `noise_shape`, filled in.

    Unnecessary once Keras exports the rule by which it fills in `noise_shape`.
    """
    shape = attribute(layer, "_get_concrete_noise_shape", PARITY)
    return tuple(shape(inputs, layer.noise_shape))
