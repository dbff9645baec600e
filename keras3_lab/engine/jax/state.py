"""What a program reads of a model before its steps, and writes back after them."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import keras


def read(groups: tuple[list[keras.Variable], ...]) -> tuple[list[Any], ...]:
    """Return the values of groups of variables."""
    return tuple([variable.value for variable in variables] for variables in groups)


def write(groups: tuple[list[keras.Variable], ...], state: Any) -> None:
    """Put values into groups of variables."""
    for variables, values in zip(groups, state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def state_variables(model: keras.Model, kind: str) -> tuple[list[keras.Variable], ...]:
    """Return the groups of variables that Keras's stateless steps take, in order."""
    forward = (model.trainable_variables, model.non_trainable_variables)
    if kind in ("train", "trace"):
        return (*forward, model.optimizer.variables, model.metrics_variables)
    if kind == "test":
        return (*forward, model.metrics_variables)
    return forward


# Compiled: hundreds of small operations would take longer than an epoch of a small model.
@partial(jax.jit)
def stacked(states: list[Any]) -> Any:
    """Give several models' values a first dimension, one for each model."""
    return jax.tree.map(lambda *values: jax.numpy.stack(values), *states)


@partial(jax.jit, static_argnums=1)
def unstacked(state: Any, count: int) -> list[Any]:
    """Undo `stacked`."""
    return [jax.tree.map(lambda values, i=i: values[i], state) for i in range(count)]
