"""What optimizers keep to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def gradients_are_summed(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Have an optimizer take gradients for sums over all replicas, on TensorFlow.

    Unnecessary once `apply_gradients` has an argument for it, as `skip_gradients_aggregation` in
    Keras 2. By itself it clips what one replica has, and sums afterwards.

    Args:
        optimizer: An optimizer.
    """
    name = "_all_reduce_sum_gradients"
    attribute(optimizer, name, "keras3_lab.engine")  # that it is still called so
    vars(optimizer)[name] = list
    try:
        yield
    finally:
        del vars(optimizer)[name]
