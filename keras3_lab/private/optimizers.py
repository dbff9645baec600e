"""What optimizers keep to themselves."""

from __future__ import annotations

import keras

from keras3_lab.private.parts import attribute


def variable_index(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> int:
    """Return the place of a variable among those that an optimizer trains.

    An optimizer's slots, such as the momentums of `keras.optimizers.SGD`, are lists in that order.

    Unnecessary once Keras exports `Optimizer._get_variable_index`, which its guide to optimizers of
    one's own uses.

    Args:
        optimizer: An optimizer, built.
        variable: One of its variables.
    """
    return int(attribute(optimizer, "_get_variable_index", "keras3_lab.optimizers")(variable))
