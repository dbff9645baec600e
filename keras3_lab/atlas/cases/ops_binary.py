"""Cases of functions of two arrays, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import FLOATS, Case, numbers
from keras3_lab.atlas.cases.ops_call import call, each

ARITHMETIC = "add subtract multiply divide true_divide divide_no_nan power floor_divide mod fmod"
EXTREMES = "maximum minimum fmax fmin"
OF_FLOATS = "arctan2 hypot logaddexp logaddexp2 nextafter heaviside"
COMPARISONS = "equal not_equal greater greater_equal less less_equal isclose"
LOGICAL = "logical_and logical_or logical_xor"
BITS = "bitwise_and bitwise_or bitwise_xor"
SHIFTS = "bitwise_left_shift bitwise_right_shift left_shift right_shift"
OF_WHOLE = "gcd lcm"
REAL = f"{ARITHMETIC} {EXTREMES} {OF_FLOATS} {COMPARISONS}"

SIDES = np.array([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0])
GRID = (np.repeat(SIDES, 7), np.tile(SIDES, 7))
STRANGE = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -2.0])
STRANGE_GRID = (np.repeat(STRANGE, 7), np.tile(STRANGE, 7))
WIDE = np.array([1e30, -1e30, 1e-30, 1e-40, 88.0, -104.0, 0.5])
WIDE_GRID = (np.repeat(WIDE, 7), np.tile(WIDE, 7))

ARRAYS = {
    "bool": np.array([[True, False, True, False, True]]),
    "int8": np.array([[-128, -3, 0, 2, 127]], "int8"),
    "uint8": np.array([[0, 1, 3, 200, 255]], "uint8"),
    "int16": np.array([[-300, -3, 0, 2, 300]], "int16"),
    "int32": np.array([[-7, -3, 0, 2, 5]], "int32"),
    "uint32": np.array([[0, 1, 3, 2**31, 2**32 - 1]], "uint32"),
    "int64": np.array([[-7, -3, 0, 2, 5]], "int64"),
    "floats": np.array([[-2.5, -0.5, 0.0, 1.0, 3.0]]),
}
DIVISORS = {
    "bool": np.array([[True, True]] * 5).T[:, :5],
    "int8": np.array([[-3], [2]], "int8"),
    "uint8": np.array([[3], [2]], "uint8"),
    "int32": np.array([[-3], [2]], "int32"),
    "floats": np.array([[-1.5], [2.0]]),
}
MIXED = ["bool,bool", "int32,int32", "int8,uint8", "bool,floats", "int32,floats"]
MORE_MIXED = (
    "int8,int8 uint8,uint8 bool,int32 uint8,int32 int16,int16 uint32,uint32 int64,int64 "
    "uint32,int32 int64,floats int8,int16 floats,int8"
)
A_FEW = "add multiply divide power floor_divide mod maximum equal less arctan2"
NUMBERS: dict[str, Any] = {"whole": 2, "float": 2.5, "true": True}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from each(REAL, "broadcast", numbers(4, 1), numbers(3), dtypes=FLOATS)
    yield from each(REAL, "grid", *GRID)
    yield from each(REAL, "special", *STRANGE_GRID)
    yield from each(REAL, "large-and-small", *WIDE_GRID)
    yield from each("add power maximum arctan2 equal", "empty", np.zeros((0, 3)), numbers(3))
    yield from each(f"{EXTREMES} {OF_FLOATS}", "equal", numbers(5), numbers(5))
    yield from each(LOGICAL, "floats", *GRID)
    yield from each(LOGICAL, "special", *STRANGE_GRID)
    for name in f"{REAL} {LOGICAL}".split():
        for pair in MIXED:
            yield call(name, pair, *_pair(pair))
    for name in A_FEW.split():
        for pair in MORE_MIXED.split():
            yield call(name, pair, *_pair(pair))
    for name in A_FEW.split():
        for what, number in NUMBERS.items():
            for dtype in ("int32", "bool", "floats"):
                yield call(name, f"{dtype}-and-{what}-number", ARRAYS[dtype], number)
    for name in f"{BITS} {OF_WHOLE}".split():
        for pair in [*MIXED[:3], *MORE_MIXED.split()[:7], "int8,int16"]:
            one, other = _pair(pair)
            yield call(name, pair, _but_lowest(one), _but_lowest(other))
        yield call(name, "int32-and-number", ARRAYS["int32"], 6)
    yield from each(BITS, "floats", SIDES, SIDES)
    shifts = np.array([0, 1, 7, 8, 31, 32, 40, -1], "int32")
    for name in SHIFTS.split():
        for dtype in ("int32", "int8", "uint8"):
            yield call(name, f"{dtype}-by-few", ARRAYS[dtype], np.array([0, 1, 2, 3, 4], dtype))
        yield call(name, "by-too-many", np.full(8, -77, "int32"), shifts)
        yield call(name, "number", ARRAYS["int32"], 2)
    for name in ["floor_divide", "mod", "fmod", "divide", "divide_no_nan", "true_divide"]:
        for dtype in ("int32", "int8", "uint8", "floats"):
            yield call(name, f"{dtype}-signs", ARRAYS[dtype], DIVISORS[dtype])
        yield call(name, "int32-by-zero", ARRAYS["int32"], np.zeros(1, "int32"), compiles=False)
        yield call(name, "int8-by-minus-one", ARRAYS["int8"], np.full(1, -1, "int8"))
    whole = np.array([-3, -2, 0, 1, 2, 3], "int32")
    yield call("power", "whole-negative-exponent", whole, np.array([-1, -2, 2, -3, 3, 0], "int32"))
    yield call("power", "overflow", np.full(3, 10, "int32"), np.array([9, 10, 20], "int32"))
    yield call("power", "base-minus", -numbers(4) - 2, np.array([0.5, 2.0, 3.0, -1.0]))
    yield call("add", "overflow", np.array([127, -128], "int8"), np.array([1, -1], "int8"))
    yield call("multiply", "infinity-by-zero", np.array([np.inf, 0.0]), np.array([0.0, np.inf]))
    yield call("ldexp", "ordinary", numbers(4, 1), np.array([-3, 0, 1, 10], "int32"))
    yield call("ldexp", "far", np.array([1.0, 1.0, 1.0]), np.array([-150, 130, -126], "int32"))
    yield call("ldexp", "whole", ARRAYS["int32"], np.array([0, 1, 2, 3, -1], "int32"))
    yield call("ldexp", "special", STRANGE, np.array([1, -1, 0, 2, 3, 1, -1], "int32"))
    yield call("ldexp", "floats", numbers(3), numbers(3))
    for what, x, y in (
        ("near", np.array([1.0, 1.00001, 1e-9]), np.array([1.0 + 1e-6, 1.0, 0.0])),
        ("special", np.array([np.inf, np.nan]), np.array([np.inf, np.nan])),
        ("empty", np.zeros(0), np.zeros(0)),
    ):
        for equal_nan in (False, True):
            more = f"{what}-{'nan-equals' if equal_nan else 'nan-apart'}"
            yield from each("isclose allclose", more, x, y, equal_nan=equal_nan, gradient=False)
    yield from each("isclose allclose", "int32", ARRAYS["int32"], ARRAYS["int32"] + 1)
    yield from each("isclose allclose", "tolerant", numbers(4), numbers(4) + 0.1, atol=0.2)
    for name in f"{ARITHMETIC} {EXTREMES} {OF_FLOATS}".split():
        yield call(name, "float16-and-this", numbers(3), numbers(3), of=_narrow(name))
    yield from each("add maximum equal", "incompatible", numbers(3), numbers(4))


def _pair(pair: str) -> tuple[np.ndarray, np.ndarray]:
    one, other = pair.split(",")
    return ARRAYS[one], ARRAYS[other][:, ::-1]


def _narrow(name: str) -> Any:
    def function(x: Any, y: Any) -> Any:
        return getattr(keras.ops, name)(keras.ops.cast(x, "float16"), y)

    return function


def _but_lowest(array: np.ndarray) -> np.ndarray:
    """Return an array without -128, of which JAX's gcd never comes to an end (KD-189)."""
    return np.maximum(array, np.int8(-127)) if array.dtype == "int8" else array
