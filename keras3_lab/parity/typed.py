"""From JSON to dataclasses, where the JSON may say anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


def typed(kind: type[Made], value: Any, where: str) -> Made:
    """Make a dataclass of what came from JSON, if its fields are all there and of their types.

    `Any` stands for a number, string, boolean or `None`.

    Args:
        kind: The dataclass; its fields may be dataclasses, too.
        value: What came from JSON.
        where: What to call it in a message.

    Returns:
        The dataclass.

    Raises:
        ValueError: If a field is missing, unknown or of another type; the message names it.

    Example:
    ```python
    from keras3_lab.parity.plan import Plan
    from keras3_lab.parity.typed import typed

    print(typed(Plan, {"seed": 7}, "plan").seed)
    ```
    """
    made: Made = _typed(kind, value, where)
    return made


def _typed(kind: Any, value: Any, where: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        needed = {one.name for one in fields(kind) if one.default is one.default_factory is MISSING}
        if wrong := (needed - value.keys()) | (value.keys() - hints.keys()):
            raise ValueError(f"{where} lacks or should not have {min(wrong)[:40]!r}")
        given = {n: _typed(hints[n], one, f"{where}.{n}") for n, one in value.items()}
        return kind(**given)  # type: ignore[operator]  # a class, no instance
    if origin is UnionType and not (value is None and NoneType in inner):
        (kind,) = (one for one in inner if one is not NoneType)
        return _typed(kind, value, where)
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {
            _typed(str, key, where): _typed(inner[1], item, f"{where} of {key[:40]!r}")
            for key, item in value.items()
        }
    if origin in (list, tuple) and isinstance(value, list):
        return origin(_typed(inner[0], item, f"an item of {where}") for item in value)
    if origin is Literal and isinstance(value, str) and value in inner:
        return value
    if origin is UnionType or (kind is Any and isinstance(value, str | int | float | NoneType)):
        return value
    if isinstance(kind, type) and type(value) in ((int, float) if kind is float else (kind,)):
        if kind is str and any(ord(c) < 32 and c not in "\n\t" for c in value):
            raise ValueError(f"{where} holds what a terminal obeys")
        return value
    raise ValueError(
        f"{where} is {type(value).__name__}; expected {getattr(kind, '__name__', kind)}"
    )
