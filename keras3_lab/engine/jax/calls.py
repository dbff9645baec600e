"""A function of tensors and variables, compiled or differentiated as JAX does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras


def compiled(
    function: Callable[..., Any], arrays: Sequence[Any], variables: Sequence[keras.Variable] = ()
) -> Any:
    """Return what a function comes to when it is compiled; its variables change."""

    def pure(values: list[Any], given: Sequence[Any]) -> tuple[Any, list[Any]]:
        with keras.StatelessScope(zip(variables, values, strict=True)) as scope:
            result = function(*given)
        return result, [scope.get_current_value(variable) for variable in variables]

    result, after = jax.jit(pure)([variable.value for variable in variables], arrays)
    for variable, value in zip(variables, after, strict=True):
        variable.assign(value)
    return result


def derivatives(
    function: Callable[..., Any], arrays: Sequence[Any], variables: Sequence[keras.Variable] = ()
) -> tuple[list[Any], list[Any]]:
    """Return the gradient of a function's number by each array, and by each variable's value."""

    def pure(values: list[Any], given: Sequence[Any]) -> Any:
        with keras.StatelessScope(zip(variables, values, strict=True)):
            return function(*given)

    values = [variable.value for variable in variables]
    by_variables, by_arrays = jax.jit(jax.grad(pure, argnums=(0, 1)))(values, list(arrays))
    return by_arrays, by_variables
