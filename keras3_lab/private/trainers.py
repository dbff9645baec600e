"""Keras's own functions of training, and the class that they are methods of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

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


def is_overridden(model: keras.Model, method: str) -> bool:
    """Tell whether a model has a method of training of its own, instead of its backend's.

    Unnecessary once the class that a backend's `fit` is a method of is public.

    Args:
        model: The model.
        method: Name of the method.
    """
    return method in vars(model) or getattr(type(model), method) is not getattr(_Trainer, method)


def is_set_by_hand(model: keras.Model, function: str) -> bool:
    """Tell whether a function of a model, such as `train_function`, is none that Keras made.

    Unnecessary once a model tells the two apart.

    Args:
        model: The model.
        function: Name of the attribute.
    """
    found: Any = getattr(model, function, None)
    # What Keras's own `fit` leaves there: a function of its file, or a `tf.function` of one. Not
    # asked: `__module__`, which functools.wraps copies.
    found = getattr(found, "python_function", found)
    while _file(found).startswith("tensorflow.") and hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found is not None and _file(found) != _Trainer.__module__


def _file(function: Any) -> str:
    return str(getattr(function, "__globals__", {}).get("__name__", ""))
