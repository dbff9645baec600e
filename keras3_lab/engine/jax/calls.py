"""A function of tensors and variables, compiled or differentiated as JAX does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras


def compiled(
    function: Callable[..., Any], variables: Sequence[keras.Variable] = ()
) -> Callable[..., Any]:
    """Return a function of arrays, compiled; its variables change as it is called."""

    def pure(values: list[Any], given: Sequence[Any]) -> tuple[Any, list[Any]]:
        with keras.StatelessScope(zip(variables, values, strict=True)) as scope:
            result = function(*given)
        return result, [scope.get_current_value(variable) for variable in variables]

    program = jax.jit(pure)

    def call(*arrays: Any) -> Any:
        result, after = program([variable.value for variable in variables], arrays)
        for variable, value in zip(variables, after, strict=True):
            variable.assign(value)
        return result

    return call


def derivatives(
    function: Callable[..., Any], variables: Sequence[keras.Variable] = ()
) -> Callable[..., tuple[list[Any], list[Any]]]:
    """Return the gradient of a function's number by each array, and by each variable's value."""

    def pure(values: list[Any], given: Sequence[Any]) -> Any:
        with keras.StatelessScope(zip(variables, values, strict=True)):
            return function(*given)

    gradient = jax.jit(jax.grad(pure, argnums=(0, 1)))

    def call(*arrays: Any) -> tuple[list[Any], list[Any]]:
        by_variables, by_arrays = gradient([variable.value for variable in variables], list(arrays))
        return by_arrays, by_variables

    return call
