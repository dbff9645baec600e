"""Keras's own functions of training, and the class that they are methods of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras3_lab.private.parts import part

ENGINE = "keras3_lab.engine"

# Not `keras.Model`: a layer becomes a model by this class alone, `class Own(Trainer, Layer)`.
_Trainer = part("keras.src.models.model:Trainer", ENGINE)
_STOCK: dict[str, Callable[..., Any]] = {
    name: part(f"keras.src.models.model:Trainer.{name}", ENGINE)
    for name in ("fit", "evaluate", "predict")
}


def stock(method: str) -> Callable[..., Any]:
    """Return Keras's own `fit`, `evaluate` or `predict`, whatever has been put in its place.

    Unnecessary once nothing is put in their place: `keras.Model.fit` is this one then.

    Args:
        method: Its name.
    """
    return _STOCK[method]


def put_in_place(methods: Mapping[str, Callable[..., Any]]) -> None:
    """Put functions in the place of Keras's own.

    Unnecessary once Keras lets one choose the trainer of a model. A subclass that overrides one of
    them and calls `super()` reaches what is put here.

    Args:
        methods: `"fit"`, `"evaluate"` or `"predict"` to the function; those that are left out
            become Keras's own again.
    """
    for name, original in _STOCK.items():
        setattr(_Trainer, name, methods.get(name, original))
