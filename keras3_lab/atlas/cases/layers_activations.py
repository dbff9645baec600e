"""Cases of layers that apply an activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import called, on, table
from keras3_lab.atlas.cases.values import BY_NAME, WHOLE

KINKS = np.array([[-3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0]])
ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "ReLU": {
        "ordinary": {},
        "capped": {"max_value": 1.0},
        "sloped": {"negative_slope": 0.5},
        "threshold": {"threshold": 0.5},
        "all": {"max_value": 3.0, "negative_slope": 0.5, "threshold": 1.0},
    },
    "LeakyReLU": {
        "ordinary": {},
        "flat": {"negative_slope": 0.0},
        "steep": {"negative_slope": 2.0},
    },
    "ELU": {"ordinary": {}, "alpha": {"alpha": 0.5}},
    "PReLU": {"ordinary": {}},
    "Softmax": {"ordinary": {}, "axis-0": {"axis": 0}},
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    inputs = {k: v if v.ndim > 1 else v[None] for k, v in BY_NAME.items() if k != "ordinary"}
    for name, rows in ROWS.items():
        yield from table(name, {f"{what}-kinks": row for what, row in rows.items()}, KINKS)
        yield from table(name, rows, BY_NAME["ordinary"])
        yield from on(name, {}, inputs | {"whole-numbers": WHOLE[None]})
    image = numbers(2, 3, 3, 2)
    yield from table("PReLU", {"shared-axes": {"shared_axes": (1, 2)}}, image)
    zeros = {"zero-slope": {"alpha_initializer": "zeros"}}
    yield from table("PReLU", zeros, KINKS, weights=False)
    yield from table("Softmax", {"two-axes": {"axis": (1, 2)}}, image)
    yield from _masked()
    ties = np.array([[1.0, 1.0, 0.0, 1.0]])
    yield from on("Softmax", {}, {"ties": ties, "infinite": np.where(ties > 0, np.inf, 0.0)})


def _masked() -> Iterator[LayerCall]:
    masks = {
        "mask": [[True, False, True, True]],
        "mask-all": [[False] * 4],
        "mask-none": [[True] * 4],
        "whole-mask": [[1, 0, 1, 1]],
    }
    given = {what: {"mask": np.array(mask)} for what, mask in masks.items()}
    yield from called("Softmax", layers.Softmax, given, numbers(1, 4))
    large = {"mask-of-large": given["mask"]}
    yield from called("Softmax", layers.Softmax, large, 1e30 * numbers(1, 4))
