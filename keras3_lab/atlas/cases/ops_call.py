"""How the cases of `keras.ops` are written down: a name, inputs, arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import WIDE, Call

ONCE = ("float32",)
"""For inputs without floats, which no float dtype would alter."""


def call(
    name: str,
    what: str,
    *inputs: Any,
    of: Callable[..., Any] | None = None,
    dtypes: tuple[str, ...] = WIDE,
    gradient: bool = True,
    compiles: bool = True,
    random: bool = False,
    **arguments: Any,
) -> Call:
    """Return a case of `keras.ops`.

    Args:
        name: Of the function.
        what: What is special about the case.
        inputs: Positional arguments; arrays become tensors.
        of: The function, if it is not `keras.ops.name` itself that is to be called.
        dtypes: See `Case`; only float32 if no input is an array of floats.
        gradient: See `Call`.
        compiles: See `Call`.
        random: See `Case`.
        arguments: By name. They are never traced.
    """
    function = partial(of or getattr(keras.ops, name), **arguments)
    if not any(isinstance(one, np.ndarray) and one.dtype.kind == "f" for one in inputs):
        dtypes = ONCE
    return Call(f"ops.{name}", what, dtypes, random, function, inputs, gradient, compiles)


def gathered(name: str, what: str, *inputs: Any, **arguments: Any) -> Call:
    """Return a case of a function that takes its arrays in one list."""

    def function(*tensors: Any, **keywords: Any) -> Any:
        return getattr(keras.ops, name)(list(tensors), **keywords)

    return call(name, what, *inputs, of=function, **arguments)


def each(names: str | Iterable[str], what: str, *inputs: Any, **arguments: Any) -> Iterator[Call]:
    """Yield one case for each of several functions, given in a line."""
    for name in names.split() if isinstance(names, str) else names:
        yield call(name, what, *inputs, **arguments)
