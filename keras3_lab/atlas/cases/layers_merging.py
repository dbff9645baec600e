"""Cases of layers that merge several inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import Call, Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import on, table

A, B = numbers(2, 3), numbers(2, 3, seed=1)
WHOLE = np.arange(6, dtype="int32").reshape(2, 3)
ELEMENTWISE = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    spoilt = A.copy()
    spoilt[0, 0], spoilt[0, 1], spoilt[1, 1] = np.inf, np.nan, -np.inf
    pairs: dict[str, Any] = {
        "ordinary": [A, B],
        "ties": [A, A],
        "three-ties": [A, A, A],
        "zeros": [np.zeros_like(A), -np.zeros_like(A)],
        "special": [spoilt, B],
        "both-special": [spoilt, -spoilt],
        "large": [3e38 * A, 3e38 * B],
        "tiny": [1e-40 * A, 1e-40 * B],
        "broadcast": [A, numbers(2, 1)],
        "broadcast-axes": [numbers(2, 2, 3), A],
        "square-and-column": [numbers(3, 3), numbers(3, 1)],
        "no-rows": [A[:0], B[:0]],
        "whole-numbers": [WHOLE, WHOLE + 2],
        "mixed": [A, WHOLE],
        "booleans": [A > 0, B > 0],
        "bytes": [WHOLE.astype("uint8"), (250 + WHOLE).astype("uint8")],
    }
    for name in ELEMENTWISE:
        several = {
            k: (v,)
            for k, v in pairs.items()
            if name != "Subtract" or k not in ("three-ties", "booleans")
        }
        yield from on(name, {}, several)
    long = {k: (v,) for k, v in pairs.items() if "broadcast" not in k and "column" not in k}
    yield from on("Concatenate", {}, long)
    yield from table(
        "Concatenate",
        {"axis-1": {"axis": 1}, "axis-0": {"axis": 0}},
        [numbers(2, 2, 3), numbers(2, 2, 3, seed=1)],
    )
    yield from table("Concatenate", {"axis-1-of-three": {"axis": 1}}, [numbers(2, 2, 3)] * 3)
    yield from _dot()
    functions: dict[str, Any] = {
        "add": layers.add,
        "average": layers.average,
        "concatenate": layers.concatenate,
        "maximum": layers.maximum,
        "minimum": layers.minimum,
        "multiply": layers.multiply,
        "subtract": layers.subtract,
    }
    for name, function in functions.items():
        for what in ("ordinary", "whole-numbers"):
            yield Call(
                f"layers.{name}",
                what,
                function=lambda a, b, function=function: function([a, b]),
                inputs=tuple(pairs[what]),
            )
    yield Call(
        "layers.dot",
        "ordinary",
        function=lambda a, b: layers.dot([a, b], axes=1),
        inputs=(A, B),
    )


def _dot() -> Iterator[LayerCall]:
    rows: dict[str, dict[str, Any]] = {
        "vectors": {"axes": 1},
        "vectors-normalized": {"axes": 1, "normalize": True},
    }
    zero = A.copy()
    zero[0] = 0
    pairs: dict[str, Any] = {
        "ordinary": [A, B],
        "zero-row": [zero, B],
        "zeros": [np.zeros_like(A), np.zeros_like(A)],
        "large": [1e30 * A, 1e30 * B],
        "tiny": [1e-30 * A, 1e-30 * B],
        "no-rows": [A[:0], B[:0]],
        "whole-numbers": [WHOLE, WHOLE],
        "mixed": [A, WHOLE],
    }
    for what, arguments in rows.items():
        if "normalize" in arguments:  # whole numbers are refused everywhere
            pairs = {k: v for k, v in pairs.items() if k not in ("whole-numbers", "mixed")}
        yield from on("Dot", arguments, {f"{what}-{k}": (v,) for k, v in pairs.items()})
    planes = [numbers(2, 3, 4), numbers(2, 5, 4, seed=1)]
    yield from table(
        "Dot", {"planes": {"axes": 2}, "planes-normalized": {"axes": 2, "normalize": True}}, planes
    )
    yield from table("Dot", {"two-axes": {"axes": (1, 2)}}, [numbers(2, 4, 3), planes[1]])
    yield from table("Dot", {"four-axes": {"axes": -1}}, [numbers(2, 2, 3, 4), planes[1]])
