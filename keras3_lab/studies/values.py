"""What `--set` says: `learning_rate=0.001,0.01` or `learning_rate=1e-4:1e-2:log`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from keras3_lab.errors import UsageError

Value = float | int | bool
COUNT = 5
FORMS = "VALUE,VALUE,… or LOW:HIGH:log or LOW:HIGH:lin, with :N for the number of values"


def parse(settings: Iterable[str]) -> dict[str, list[Value]]:
    """Return the values of each setting.

    Args:
        settings: What each `--set` says.

    Raises:
        UsageError: If one says nothing that can be understood, or a setting comes twice.

    Example:
    ```python
    from keras3_lab.studies.values import parse

    assert parse(["momentum=0,0.9"]) == {"momentum": [0, 0.9]}
    ```
    """
    found: dict[str, list[Value]] = {}
    for text in settings:
        name, equals, values = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--set must be NAME=VALUES; received: {text!r}")
        if name in found:
            raise UsageError(f"--set must name each setting once; received {name} again: {text!r}")
        try:
            found[name] = _range(values) if ":" in values else _values(values)
        except ValueError as error:
            raise UsageError(f"--set {name} must be {FORMS}; received: {values!r}") from error
    return found


def _values(text: str) -> list[Value]:
    return [_value(one.strip()) for one in text.split(",")]


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        return _finite(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _range(text: str) -> list[Value]:
    low_text, high_text, kind, *more = text.split(":")
    low, high = _finite(low_text), _finite(high_text)
    count = int(more[0]) if more else COUNT
    if kind not in ("log", "lin") or len(more) > 1 or count < 2 or high <= low:
        raise ValueError(text)
    if kind == "log" and low <= 0:
        raise ValueError(text)
    shares = [index / (count - 1) for index in range(count)]
    # Ten digits: 1e-4 · 10^(1/2) has no short name, but 1e-3 between 1e-4 and 1e-2 has.
    if kind == "log":
        return [float(f"{low * (high / low) ** share:.10g}") for share in shares]
    return [float(f"{low + (high - low) * share:.10g}") for share in shares]
