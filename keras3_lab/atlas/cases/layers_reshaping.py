"""Cases of layers that reshape, crop, pad, repeat and drop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras3_lab.atlas.case import WIDE, Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import on, table

SHAPES = {1: (2, 5, 3), 2: (2, 4, 5, 3), 3: (1, 4, 3, 5, 2)}
FIRST = {"data_format": "channels_first"}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for rank, shape in SHAPES.items():
        x = numbers(*shape)
        first = {} if rank == 1 else {"channels-first": {"data_format": "channels_first"}}
        uneven: Any = (2, 1) if rank == 1 else tuple((n, 1) for n in range(rank))
        crops: dict[str, dict[str, Any]] = {
            "ordinary": {"cropping": 1},
            "uneven": {"cropping": uneven},
            "nothing": {"cropping": 0},
        }
        for name, word, rows in (
            (f"Cropping{rank}D", "cropping", crops),
            (f"ZeroPadding{rank}D", "padding", {k: crops[k] for k in ("ordinary", "uneven")}),
            (f"UpSampling{rank}D", "size", {"ordinary": {"cropping": 2}, "three": {"cropping": 3}}),
        ):
            own = {what: {word: row["cropping"]} for what, row in rows.items()}
            if rank == 3 and word == "cropping":  # two channels would be one pixel too few
                first = {}
            own |= {what: row | {word: 1 + (word == "size")} for what, row in first.items()}
            yield from table(name, own, x, dtypes=WIDE, compiles=False)
            yield from on(name, {}, _inputs(x), compiles=False)
    yield from _resized()
    x = numbers(2, 3, 4)
    shaped: dict[str, dict[str, dict[str, Any]]] = {
        "Reshape": {
            "ordinary": {"target_shape": (4, 3)},
            "unknown": {"target_shape": (-1, 2)},
            "flat": {"target_shape": (-1,)},
        },
        "Permute": {"ordinary": {"dims": (2, 1)}, "same": {"dims": (1, 2)}},
        "Flatten": {"ordinary": {}, "channels-first": FIRST},
    }
    for name, arguments in shaped.items():
        yield from table(name, arguments, x)
    some = {"no-rows": x[:0], "whole-numbers": np.arange(24).reshape(2, 3, 4), "vector": x[0, 0]}
    yield from on("Flatten", {}, some)
    yield from on("Reshape", {"target_shape": (12,)}, {"no-rows": x[:0], "booleans": x > 0})
    yield from on("Reshape", {"target_shape": (-1, 2)}, {"no-rows-unknown": x[:0]})
    yield from table("RepeatVector", {"ordinary": {"n": 3}, "once": {"n": 1}}, x[0])
    yield from on("RepeatVector", {"n": 2}, {"no-rows": x[0, :0], "booleans": x[0] > 0})
    yield from _dropped(x)


def _inputs(x: np.ndarray) -> dict[str, Any]:
    spoilt = x.copy()
    spoilt.flat[0], spoilt.flat[-1] = np.inf, np.nan
    return {
        "special": spoilt,
        "no-rows": x[:0],
        "whole-numbers": np.arange(x.size, dtype="int32").reshape(x.shape),
        "booleans": x > 0,
    }


def _resized() -> Iterator[LayerCall]:
    x = numbers(*SHAPES[2])
    for method in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        rows: dict[str, dict[str, Any]] = {
            method: {"interpolation": method},
            f"{method}-uneven": {"interpolation": method, "size": (3, 1)},
            f"{method}-channels-first": {"interpolation": method} | FIRST,
        }
        yield from table("UpSampling2D", rows, x)
        whole = np.arange(x.size, dtype="int32").reshape(x.shape)
        yield from on("UpSampling2D", {"interpolation": method}, {f"{method}-whole": whole})


def _dropped(x: np.ndarray) -> Iterator[LayerCall]:
    image = numbers(2, 3, 3, 2)
    rows: dict[str, dict[str, Any]] = {"nothing": {"rate": 0.0}, "half": {"rate": 0.5}}
    for name in ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D"):
        yield from table(name, {"nothing": rows["nothing"]}, x)
        yield from table(name, {"half": rows["half"]}, x, random=True)
        yield from on(name, {"rate": 0.5}, {"no-rows": x[:0]}, random=True)
    whole = {"whole-numbers": np.arange(24).reshape(2, 3, 4)}
    for name in ("AlphaDropout", "GaussianDropout"):
        yield from on(name, {"rate": 0.3}, whole, random=True)
    yield from table("Dropout", {"all": {"rate": 1.0}}, x)
    yield from table(
        "Dropout", {"noise-shape": {"rate": 0.5, "noise_shape": (2, 1, 4)}}, x, random=True
    )
    for name, data in (("SpatialDropout2D", image), ("SpatialDropout3D", numbers(1, 2, 2, 2, 2))):
        yield from table(name, {"nothing": rows["nothing"]}, data)
        yield from table(name, {"half": rows["half"]}, data, random=True)
        yield from table(name, {"channels-first": rows["half"] | FIRST}, data, random=True)
    yield from table("GaussianNoise", {"nothing": {"stddev": 0.0}}, x)
    yield from table("GaussianNoise", {"half": {"stddev": 0.5}}, x, random=True)
    yield from on("GaussianNoise", {"stddev": 0.5}, whole, random=True)
