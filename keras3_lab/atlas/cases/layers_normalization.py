"""Cases of layers that normalize."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import called, made, on, table

X = numbers(4, 6)
IMAGE = numbers(2, 3, 3, 4)
STEPS = numbers(2, 3, 4)

ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "BatchNormalization": {
        "ordinary": {},
        "axis-1": {"axis": 1},
        "no-scale": {"scale": False},
        "no-center": {"center": False},
        "neither": {"scale": False, "center": False},
        "momentum-0": {"momentum": 0.0},
        "momentum-1": {"momentum": 1.0},
        "epsilon-0": {"epsilon": 0.0},
        "renorm": {"renorm": True},
        "renorm-clipped": {
            "renorm": True,
            "renorm_clipping": {"rmin": 0.5, "rmax": 1.5, "dmax": 0.1},
        },
        "synchronized": {"synchronized": True},
    },
    "LayerNormalization": {
        "ordinary": {},
        "axis-1": {"axis": 1},
        "two-axes": {"axis": (1, 2)},
        "no-scale": {"scale": False},
        "no-center": {"center": False},
        "epsilon-0": {"epsilon": 0.0},
    },
    "GroupNormalization": {
        "ordinary": {"groups": 2},
        "axis-1": {"groups": 3, "axis": 1},
        "one-group": {"groups": 1},
        "instance": {"groups": -1},
        "as-many-groups": {"groups": 4},
        "no-scale": {"groups": 2, "scale": False, "center": False},
    },
    "RMSNormalization": {
        "ordinary": {},
        "all-axes": {"axis": (1, 2, 3)},
        "last-axes": {"axis": (2, 3)},
        "epsilon-0": {"epsilon": 0.0},
    },
    "UnitNormalization": {"ordinary": {}, "axis-1": {"axis": 1}, "two-axes": {"axis": (1, 2)}},
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, rows in ROWS.items():
        yield from table(name, rows, IMAGE)
        inputs = _inputs()
        if name == "UnitNormalization":
            del inputs["whole-numbers"]  # refused everywhere
        yield from on(name, {"groups": 2} if name == "GroupNormalization" else {}, inputs)
    masks = {
        "mask": [[True, False, True], [True, True, False]],
        "mask-all": [[False] * 3] * 2,
        "mask-none": [[True] * 3] * 2,
    }
    given = {what: {"mask": np.array(mask)} for what, mask in masks.items()}
    yield from called("BatchNormalization", layers.BatchNormalization, given, STEPS)
    yield from table("BatchNormalization", {"frozen": {"trainable": False}}, X)
    yield from _spectral()
    yield from _data()


def _inputs() -> dict[str, Any]:
    spoilt = X.copy()
    spoilt[0, 0], spoilt[1, 1], spoilt[2, 2] = np.inf, -np.inf, np.nan
    zero_row = X.copy()
    zero_row[1] = 0
    return {
        "table": X,
        "steps": STEPS,
        "zeros": np.zeros_like(X),
        "zero-row": zero_row,
        "constant": np.full_like(X, 0.5),
        "offset": X + 1000,
        "special": spoilt,
        "large": 1e25 * X,
        "tiny": 1e-25 * X,
        "denormal": 1e-41 * X,
        "no-rows": X[:0],
        "one-row": X[:1],
        "two-columns": X[:, :2],
        "whole-numbers": np.arange(24, dtype="int32").reshape(4, 6),
    }


def _spectral() -> Iterator[LayerCall]:
    def wrapped(layer: Callable[[], Any], **more: Any) -> Callable[[], Any]:
        return lambda: layers.SpectralNormalization(layer(), **more)

    def dense() -> Any:
        return layers.Dense(3)

    name = "SpectralNormalization"
    rows = {"dense": wrapped(dense), "more-iterations": wrapped(dense, power_iterations=3)}
    yield from made(name, rows, X)
    yield from made(name, {"zeros": wrapped(dense)}, np.zeros_like(X))
    yield from made(name, {"conv": wrapped(lambda: layers.Conv2D(2, 2))}, IMAGE)
    indices = np.array([[0, 1], [1, 1]], "int32")
    yield from made(name, {"embedding": wrapped(lambda: layers.Embedding(3, 2))}, indices)
    zeros = wrapped(lambda: layers.Dense(3, kernel_initializer="zeros", trainable=False))
    yield from made(name, {"zero-kernel": zeros}, X)


def _data() -> Iterator[LayerCall]:
    def adapted(data: np.ndarray, **more: Any) -> Callable[[], Any]:
        def make() -> Any:
            layer = layers.Normalization(**more)
            layer.adapt(data)
            return layer

        return make

    rows = {
        "adapted": adapted(X),
        "adapted-to-a-number": adapted(X, axis=None),
        "adapted-inverted": adapted(X, invert=True),
        "adapted-to-constants": adapted(np.ones((3, 6))),
        "adapted-to-whole-numbers": adapted(np.arange(18).reshape(3, 6)),
        "adapted-to-large": adapted(1e20 * X),
        "adapted-to-one-row": adapted(X[:1]),
        "adapted-in-batches": adapted(numbers(70, 6)),
        "given": lambda: layers.Normalization(mean=0.5, variance=2.0),
        "given-per-column": lambda: layers.Normalization(mean=range(6), variance=range(6)),
        "given-inverted": lambda: layers.Normalization(mean=0.5, variance=2.0, invert=True),
        "variance-0": lambda: layers.Normalization(mean=0.5, variance=0.0),
    }
    yield from made("Normalization", rows, X, weights=False)
    whole = np.arange(12, dtype="int32").reshape(2, 6)
    yield from made("Normalization", {"whole-numbers": rows["given"]}, whole)
