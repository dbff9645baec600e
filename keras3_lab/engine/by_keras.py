"""What the engine leaves to Keras's own functions, and why.

Everything that is decided by the model is decided here; data of a kind that no compiled loop takes
go to Keras's functions batch by batch, see `keras3_lab.engine.single`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras

from keras3_lab.engine.interface import backend
from keras3_lab.engine.plan import Plan
from keras3_lab.errors import UsageError
from keras3_lab.private.trainers import is_overridden, is_set_by_hand, stock

OURS = ("seed", "mode", "memory", "check")
"""Arguments that Keras's own functions do not have."""

Function = TypeVar("Function", bound=Callable[..., Any])


class LeftToKeras(Exception):  # noqa: N818 - not an error: nobody but this module sees it
    """Raised where Keras's own function has to do the whole call, before anything has been done."""


def why_by_keras(model: keras.Model, kind: str) -> str | None:
    """Tell why Keras's own functions must run a model's steps; `None` if they need not.

    Args:
        model: The model.
        kind: `"train"`, `"test"` or `"predict"`.
    """
    if is_overridden(model, f"make_{kind}_function"):
        return f"the model has a `make_{kind}_function` of its own"
    if is_set_by_hand(model, f"{kind}_function"):
        return f"the model's `{kind}_function` was set by hand"
    return backend().distributed_by(model)


def leave_to_keras(reason: str | None) -> None:
    """Leave the call to Keras if there is a reason to."""
    if reason is not None:
        raise LeftToKeras(reason)


def or_by_keras(function: Function) -> Function:
    """Let a function leave a call to Keras's own of the same name, by `leave_to_keras`."""

    @functools.wraps(function)
    def call(model: keras.Model, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(model, *args, **kwargs)
        except LeftToKeras as left:
            if backend().share_of(model) is not None:
                raise UsageError(f"several processes cannot share a batch of it: {left}") from None
            theirs = {name: value for name, value in kwargs.items() if name not in OURS}
        return stock(function.__name__)(model, *args, **theirs)

    return call  # type: ignore[return-value]


def plan_by_keras(model: keras.Model, reason: str) -> Plan:
    """Return the plan of what is left to Keras."""
    xla = bool(model.jit_compile) and not model.run_eagerly
    return Plan("keras", xla, f"Keras's own function runs it: {reason}")
