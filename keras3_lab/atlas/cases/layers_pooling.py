"""Cases of pooling layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import WIDE, Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import called, on, table

SHAPES = {1: (2, 7, 3), 2: (2, 7, 6, 3), 3: (2, 5, 4, 6, 2)}
FIRST = {"data_format": "channels_first"}
SAME = {"padding": "same"}

ROWS: dict[str, dict[str, Any]] = {
    "ordinary": {"pool_size": 2},
    "same": {"pool_size": 2} | SAME,
    "overlapping": {"pool_size": 3, "strides": 1},
    "overlapping-same": {"pool_size": 3, "strides": 1} | SAME,
    "stride-3-same": {"pool_size": 2, "strides": 3} | SAME,
    "stride-above-pool": {"pool_size": 1, "strides": 2},
    "pool-above-input": {"pool_size": 9},
    "pool-above-input-same": {"pool_size": 9, "strides": 1} | SAME,
    "channels-first": {"pool_size": 2} | FIRST,
    "channels-first-same": {"pool_size": 2} | SAME | FIRST,
}
FEW = ("ordinary", "stride-3-same", "overlapping-same", "pool-above-input", "channels-first-same")
ADAPTIVE: dict[str, dict[str, Any]] = {
    "to-one": {"output_size": 1},
    "to-two": {"output_size": 2},
    "to-three": {"output_size": 3},
    "to-itself": {"output_size": 4},
    "to-more": {"output_size": 8},
    "to-two-channels-first": {"output_size": 2} | FIRST,
}
GLOBAL: dict[str, dict[str, Any]] = {
    "ordinary": {},
    "keepdims": {"keepdims": True},
    "channels-first": FIRST,
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for rank, shape in SHAPES.items():
        x = numbers(*shape)
        every = _inputs(x)
        few = {what: every[what] for what in ("ties", "special", "no-rows", "whole-numbers")}
        inputs = every if rank == 2 else few
        for kind in ("Max", "Average"):
            pool = f"{kind}Pool{rank}D" if kind == "Max" else f"{kind}Pooling{rank}D"
            rows = ROWS if rank == 2 else {k: ROWS[k] for k in FEW}
            yield from table(pool, rows, x, dtypes=WIDE, compiles=False)
            yield from on(pool, {"pool_size": 2}, inputs)
            same = {f"{what}-same": every[what] for what in ("ties", "below-zero", "special")}
            yield from on(pool, {"pool_size": 3, "strides": 2} | SAME, same, dtypes=WIDE)
            adaptive = f"Adaptive{kind}Pooling{rank}D"
            rows = ADAPTIVE if rank == 2 else {k: ADAPTIVE[k] for k in ("to-two", "to-more")}
            yield from table(adaptive, rows, x, dtypes=WIDE, compiles=False)
            yield from on(adaptive, {"output_size": 2}, few, compiles=False)
            yield from table(f"Global{pool}", GLOBAL, x, compiles=False)
            yield from on(f"Global{pool}", {}, few if rank == 2 else {}, compiles=False)
    x = numbers(*SHAPES[2])
    uneven: dict[str, dict[str, Any]] = {
        "uneven": {"pool_size": (2, 3)},
        "uneven-strides-same": {"pool_size": (3, 2), "strides": (1, 2)} | SAME,
    }
    for pool in ("MaxPool2D", "AveragePooling2D"):
        yield from table(pool, uneven, x)
    yield from table("AdaptiveAveragePooling2D", {"uneven": {"output_size": (2, 4)}}, x)
    yield from table("AdaptiveMaxPooling2D", {"uneven": {"output_size": (2, 4)}}, x)
    yield from _masked()


def _inputs(x: np.ndarray) -> dict[str, Any]:
    spoilt = x.copy()
    spoilt.flat[0], spoilt.flat[7], spoilt.flat[-1] = np.inf, -np.inf, np.nan
    whole = (np.arange(x.size).reshape(x.shape) * 7) % 11 - 5
    return {
        "ties": np.ones_like(x),
        "zeros": np.where(x > 0, 0.0, -0.0),
        "below-zero": x - 2,
        "special": spoilt,
        "all-minus-inf": np.full_like(x, -np.inf),
        "large": 3e38 * x,
        "no-rows": x[:0],
        "whole-numbers": whole.astype("int32"),
        "bytes": whole.astype("uint8"),
    }


def _masked() -> Iterator[LayerCall]:
    mask = np.array([[True, False, True, True, False, False, True], [False] * 7])
    average = "GlobalAveragePooling1D"
    yield from called(
        average,
        layers.GlobalAveragePooling1D,
        {"mask": {"mask": mask}, "full-mask": {"mask": np.ones_like(mask)}},
        numbers(*SHAPES[1]),
    )
