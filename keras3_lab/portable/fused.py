"""Functions of many small operations, which whoever runs a model may compile as one kernel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Function = Callable[..., Any]

_compile: Callable[[Function], Function] | None = None


@contextmanager
def fused_by(compile: Callable[[Function], Function]) -> Iterator[None]:
    """Has `fused` compile, within the context.

    Args:
        compile: Makes a compiled function of one that takes tensors and returns one.
    """
    global _compile
    before, _compile = _compile, compile
    try:
        yield
    finally:
        _compile = before


def fused(function: Function, *tensors: Any) -> Any:
    """Call a function, as one kernel where `fused_by` says how.

    Without it, a backend that runs operation by operation passes over memory once for each.

    Args:
        function: A function of tensors of known shapes, whose result depends on them alone.
        *tensors: Its arguments.

    Returns:
        What it returns.
    """
    return (_compile(function) if _compile else function)(*tensors)
