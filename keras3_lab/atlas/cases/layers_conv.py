"""Cases of convolutional layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras3_lab.atlas.case import FLOATS, WIDE, Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import on, table

SHAPES = {1: (2, 7, 4), 2: (2, 7, 6, 4), 3: (1, 5, 4, 5, 2)}
FIRST = {"data_format": "channels_first"}
SAME = {"padding": "same"}

# Kernels of 3 where nothing else is said.
OF_ALL: dict[str, dict[str, Any]] = {
    "ordinary": {},
    "pointwise": {"kernel_size": 1},
    "even-kernel": {"kernel_size": 2},
    "even-kernel-same": {"kernel_size": 2} | SAME,
    "same": SAME,
    "stride-2": {"strides": 2},
    "stride-2-same": {"strides": 2} | SAME,
    "stride-3-same": {"strides": 3} | SAME,
    "stride-3-even-kernel-same": {"strides": 3, "kernel_size": 2} | SAME,
    "stride-above-kernel": {"strides": 3, "kernel_size": 1},
    "dilation-2": {"dilation_rate": 2, "kernel_size": 2},
    "dilation-2-same": {"dilation_rate": 2} | SAME,
    "kernel-above-input-same": {"kernel_size": 9} | SAME,
    "channels-first": FIRST,
    "channels-first-as-wide": SAME | FIRST,
    "channels-first-stride-2-same": {"strides": 2} | SAME | FIRST,
    "no-bias": {"use_bias": False},
    "relu": {"activation": "relu"},
}
GROUPED: dict[str, dict[str, Any]] = {
    "groups": {"groups": 2},
    "groups-as-channels": {"groups": 4},
    "groups-dilation-same": {"groups": 2, "dilation_rate": 2} | SAME,
    "groups-stride-2-same": {"groups": 2, "strides": 2} | SAME,
    "groups-channels-first": {"groups": 2} | FIRST,
}
CAUSAL: dict[str, dict[str, Any]] = {
    "causal": {"padding": "causal"},
    "causal-dilation": {"padding": "causal", "dilation_rate": 2},
    "causal-stride": {"padding": "causal", "strides": 2},
    "causal-groups": {"padding": "causal", "groups": 2},
    "causal-channels-first": {"padding": "causal"} | FIRST,
}
TRANSPOSED: dict[str, dict[str, Any]] = {
    "output-padding": {"strides": 2, "output_padding": 1},
    "output-padding-same": {"strides": 2, "output_padding": 0} | SAME,
    "output-padding-3-same": {"strides": 3, "output_padding": 2} | SAME,
    "dilation-output-padding": {"dilation_rate": 2, "output_padding": 0} | SAME,
}
MULTIPLIED: dict[str, dict[str, Any]] = {
    "dilation-and-stride": {"dilation_rate": 2, "strides": 2, "kernel_size": 2},
    "multiplier": {"depth_multiplier": 3},
    "multiplier-channels-first": {"depth_multiplier": 2} | FIRST,
    "multiplier-dilation": {"depth_multiplier": 2, "dilation_rate": 2, "kernel_size": 2},
}
SEPARABLE = MULTIPLIED | {
    what: OF_ALL[what]
    for what in ("ordinary", "stride-2-same", "dilation-2-same", "channels-first-as-wide")
}
FEW = (
    "ordinary",
    "even-kernel-same",
    "stride-2-same",
    "stride-3-same",
    "dilation-2",
    "dilation-2-same",
    "channels-first",
    "channels-first-as-wide",
    "groups",
)
COMPILED = ("ordinary", "stride-2-same", "dilation-2", "groups", "causal", "channels-first")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    filters = {"filters": 4, "kernel_size": 3}
    for rank in (1, 2, 3):
        x = numbers(*SHAPES[rank])
        # All of it for images; what is the same for them is tried for the others in part.
        own = (OF_ALL | GROUPED) if rank == 2 else {k: (OF_ALL | GROUPED)[k] for k in FEW}
        yield from _rows(f"Conv{rank}D", filters, own | (CAUSAL if rank == 1 else {}), x)
        own = (OF_ALL if rank == 2 else {k: OF_ALL[k] for k in FEW if k != "groups"}) | TRANSPOSED
        yield from _rows(f"Conv{rank}DTranspose", filters, own, x)
        if rank == 3:
            continue
        own = (OF_ALL if rank == 2 else {}) | MULTIPLIED
        yield from _rows(f"DepthwiseConv{rank}D", {"kernel_size": 3}, own, x)
        yield from _rows(f"SeparableConv{rank}D", filters, SEPARABLE, x)
    image = numbers(*SHAPES[2])
    uneven: dict[str, dict[str, Any]] = {
        "uneven-strides": {"strides": (1, 2)},
        "uneven-strides-same": {"strides": (3, 1)} | SAME,
        "uneven-kernel": {"kernel_size": (3, 2)} | SAME,
        "uneven-dilation": {"dilation_rate": (1, 2), "kernel_size": 2},
    }
    for name, more in (
        ("Conv2D", {"filters": 4}),
        ("Conv2DTranspose", {"filters": 4}),
        ("DepthwiseConv2D", {}),
        ("SeparableConv2D", {"filters": 4}),
    ):
        yield from _rows(name, {"kernel_size": 3} | more, uneven, image)
        inputs = _special(image)
        if name != "Conv2D":  # the others take floats alone, everywhere
            inputs = {k: v for k, v in inputs.items() if v.dtype.kind == "f"}
        yield from on(name, {"kernel_size": 3} | more, inputs)
    for name in ("Conv1D", "Conv3D", "Conv1DTranspose", "Conv3DTranspose"):
        rank = int(name[4])
        inputs = _few(_special(numbers(*SHAPES[rank])))
        if "Transpose" in name:
            del inputs["whole-numbers"]
        yield from on(name, filters, inputs)


def _rows(
    name: str, arguments: dict[str, Any], rows: dict[str, dict[str, Any]], x: np.ndarray
) -> Iterator[LayerCall]:
    """Yield a case for each row; few are compiled, which takes long and has shown nothing new."""
    for what, more in rows.items():
        # As wide as it has filters: its bias could go along either axis.
        first = "first" in what and what != "channels-first-as-wide"
        given = np.moveaxis(x, -1, 1) if first else x
        dtypes = FLOATS if what in ("ordinary", "same") else WIDE
        compiles = what in COMPILED
        yield from table(name, {what: arguments | more}, given, dtypes=dtypes, compiles=compiles)


def _few(inputs: dict[str, Any]) -> dict[str, Any]:
    return {what: inputs[what] for what in ("special", "no-rows", "whole-numbers")}


def _special(x: np.ndarray) -> dict[str, Any]:
    spoilt = x.copy()
    spoilt.flat[0], spoilt.flat[-1] = np.inf, np.nan
    return {
        "zeros": np.zeros_like(x),
        "special": spoilt,
        "large": 1e30 * x,
        "tiny": 1e-40 * x,
        "no-rows": x[:0],
        "whole-numbers": np.arange(x.size, dtype="int32").reshape(x.shape) % 5,
        "bytes": np.arange(x.size).astype("uint8").reshape(x.shape),
    }
