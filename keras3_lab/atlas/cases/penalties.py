"""Cases of `keras.regularizers` and `keras.constraints`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import WIDE, Call, Case, numbers
from keras3_lab.atlas.cases.values import BY_NAME

regularizers, constraints = keras.regularizers, keras.constraints

WEIGHTS = {
    **BY_NAME,
    "zero-row": np.array([[0.0, 0.0], [3.0, -4.0]]),
    "zero-column": np.array([[0.0, 2.0], [0.0, -4.0]]),
    "unit": np.array([[1.0, 0.0], [0.0, 1.0]]),
    "at-the-norm": np.array([[2.0, 0.0], [0.0, 2.0]]),
    "kernel": numbers(2, 2, 3, 2),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    made: dict[str, Callable[[], Any]] = {
        "regularizers.L1": lambda: regularizers.L1(0.1),
        "regularizers.L2": lambda: regularizers.L2(0.1),
        "regularizers.L1L2": lambda: regularizers.L1L2(0.1, 0.2),
        "constraints.NonNeg": constraints.NonNeg,
        "constraints.MaxNorm": constraints.MaxNorm,
        "constraints.UnitNorm": constraints.UnitNorm,
        "constraints.MinMaxNorm": lambda: constraints.MinMaxNorm(1.0, 2.0, rate=0.5),
    }
    for symbol, make in made.items():
        for what, weights in WEIGHTS.items():
            yield Call(symbol, what, function=_called(make), inputs=(weights,))
    for mode in ("rows", "columns"):
        make = _with(regularizers.OrthogonalRegularizer, mode=mode)
        for what, weights in WEIGHTS.items():
            if weights.ndim == 2:
                symbol = "regularizers.OrthogonalRegularizer"
                yield Call(symbol, f"{mode}-{what}", function=_called(make), inputs=(weights,))
    for name in ("MaxNorm", "UnitNorm", "MinMaxNorm"):
        for axis in (1, [0, 1, 2]):
            make = _with(getattr(constraints, name), axis=axis)
            what = f"axis-{axis}".replace(" ", "")
            inputs = (WEIGHTS["kernel"],)
            yield Call(f"constraints.{name}", what, WIDE, function=_called(make), inputs=inputs)
    tight = _with(constraints.MaxNorm, max_value=0.0)
    yield Call("constraints.MaxNorm", "max-0", function=_called(tight), inputs=(numbers(3, 2),))


def _with(make: Callable[..., Any], **options: Any) -> Callable[[], Any]:
    return lambda: make(**options)


def _called(make: Callable[[], Any]) -> Callable[[Any], Any]:
    return lambda weights: make()(weights)
