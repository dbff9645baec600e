"""Cases of functions that make arrays, or move their numbers about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, numbers
from keras3_lab.atlas.cases.ops_call import ONCE, call, each, gathered

X = numbers(4, 6)
CUBE = numbers(2, 3, 4)
INT = np.arange(6, dtype="int32").reshape(2, 3)
SMALL = np.arange(6, dtype="int8").reshape(2, 3)
BOOL = INT > 2
DTYPES = ("bool", "int8", "uint8", "int32", "uint32", "int64", "float16", "float64", None)


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _made()
    yield from _moved()
    yield from _joined()
    yield from _padded()


def _made() -> Iterator[Case]:
    def make(name: str, what: str, *given: Any, **arguments: Any) -> Case:
        return call(name, what, *given, dtypes=ONCE, gradient=False, compiles=False, **arguments)

    for dtype in DTYPES:
        yield make("arange", f"into-{dtype}", 5, dtype=dtype)
        yield make("arange", f"floats-into-{dtype}", 0.0, 3.0, 0.7, dtype=dtype)
        yield make("linspace", f"into-{dtype}", 0, 10, 4, dtype=dtype)
        yield make("full", f"into-{dtype}", (2, 2), 1.7, dtype=dtype)
        yield from (make(name, f"into-{dtype}", (2, 0), dtype=dtype) for name in ("ones", "zeros"))
        yield make("eye", f"into-{dtype}", 2, 3, 1, dtype=dtype)
        yield make("array", f"whole-into-{dtype}", [1, 2], dtype=dtype)
        yield make("array", f"floats-into-{dtype}", [1.5, -2.5, 300.0], dtype=dtype)
        yield make("convert_to_tensor", f"floats-into-{dtype}", [1.5, -2.5, 300.0], dtype=dtype)
        yield make("convert_to_tensor", f"wide-into-{dtype}", [2**31, 5], dtype=dtype)
        yield call("zeros_like", f"into-{dtype}", X, dtype=dtype, gradient=False)
        yield call("ones_like", f"into-{dtype}", INT, dtype=dtype)
        yield call("full_like", f"into-{dtype}", INT, 1.7, dtype=dtype)
    yield call("full_like", "of-floats", X, 2)
    yield make("empty", "ordinary", (0, 2))
    yield call("empty_like", "ordinary", X, gradient=False, random=True)
    yield make("empty", "whole", (3,), dtype="int32", random=True)
    for what, given in {
        "negative-step": (5, 0, -2),
        "wrong-way": (0, 5, -1),
        "mixed": (0, 5, 0.5),
        "float-stop": (2.5,),
        "bool": (True,),
        "large": (2**24 - 2.0, 2**24 + 3.0),
        "none-left": (3, 3),
    }.items():
        yield make("arange", what, *given)
    for name, ends in {
        "linspace": (-1.0, 1.0),
        "logspace": (-1.0, 1.0),
        "geomspace": (0.5, 8.0),
    }.items():
        for num in (0, 1, 5):
            yield make(name, f"num-{num}", *ends, num)
            yield make(name, f"open-{num}", *ends, num, endpoint=False)
        yield call(name, "arrays", abs(X[0]) + 0.1, abs(X[1]) + 3, num=3)
        yield call(name, "arrays-last", abs(X[0]) + 0.1, abs(X[1]) + 3, num=3, axis=-1)
        yield call(name, "of-int32", INT[1], INT[1] + 5, num=4)
        yield call(name, "whole-ends", np.array([1], "int32"), np.array([9], "int32"), num=3)
    yield call("linspace", "step", X[0], X[1], num=4, retstep=True)
    yield call("linspace", "step-of-one", X[0], X[1], num=1, retstep=True)
    yield call("logspace", "base", X[0], X[1], num=3, base=2.5)
    yield call("geomspace", "negative", -abs(X[0]) - 1, -abs(X[1]) - 3, num=3)
    yield call("geomspace", "signs", np.array([-1.0]), np.array([1.0]), num=3)
    yield call("geomspace", "zero", np.array([0.0]), np.array([1.0]), num=3)
    for name in ("bartlett", "blackman", "hamming", "hanning"):
        for size in (0, 1, 2, 7):
            yield make(name, f"size-{size}", size)
        yield call(name, "traced", np.array(5, "int32"), compiles=False)
    for size in (0, 1, 7):
        yield make("kaiser", f"size-{size}", size, 8.6)
    yield make("kaiser", "beta-0", 5, 0.0)
    yield make("kaiser", "beta-large", 5, 100.0)
    for what, given in {
        "wide": (2, 4),
        "below": (3, 2, -1),
        "none": (0,),
        "far": (2, 2, 5),
    }.items():
        yield make("eye", what, *given)
        yield make("tri", what, *given)
    yield make("identity", "ordinary", 3)
    yield make("identity", "whole", 2, dtype="int32")
    yield call("vander", "ordinary", X[0])
    yield call("vander", "few", X[0], N=2)
    yield call("vander", "none", X[0], N=0)
    yield call("vander", "increasing", X[0], N=4, increasing=True)
    for what, array in {"int32": INT[0], "bool": BOOL[0], "int8": SMALL[0]}.items():
        yield call("vander", f"of-{what}", array)


def _moved() -> Iterator[Case]:
    yield from each("flip ravel transpose", "ordinary", CUBE)
    yield from each("flip fliplr flipud ravel transpose", "empty", np.zeros((0, 3)))
    yield from each("fliplr flipud", "ordinary", CUBE)
    yield from each("fliplr", "one-axis", X[0])
    yield from each("flip ravel transpose flipud", "of-bool", BOOL)
    yield call("flip", "axes", CUBE, axis=(0, 2))
    yield call("transpose", "axes", CUBE, axes=(2, 0, 1))
    yield call("transpose", "negative-axes", CUBE, axes=(-1, 0, 1))
    yield call("swapaxes", "ordinary", CUBE, 0, -1)
    yield call("moveaxis", "ordinary", CUBE, 0, -1)
    yield call("moveaxis", "several", CUBE, (0, 1), (-1, 0))
    for k in (0, 1, 2, 3, -1, 5):
        yield call("rot90", f"k-{k}", X, k=k)
    yield call("rot90", "axes", CUBE, axes=(1, 2))
    yield call("rot90", "axes-back", CUBE, axes=(2, 0))
    yield call("rot90", "one-axis", X[0])
    yield call("reshape", "ordinary", CUBE, (4, -1))
    yield call("reshape", "empty", np.zeros((0, 3)), (3, 0))
    yield call("reshape", "empty-unknown", np.zeros((0, 3)), (0, -1))
    yield call("reshape", "wrong", X, (5, 5))
    yield call("expand_dims", "ordinary", X, 1)
    yield call("expand_dims", "several", X, (0, -1))
    yield call("expand_dims", "far", X, 5)
    yield call("squeeze", "all", CUBE[:1, :, :1])
    yield call("squeeze", "axis", CUBE[:1, :, :1], axis=-1)
    yield call("squeeze", "axes", CUBE[:1, :, :1], axis=(0, 2))
    yield call("squeeze", "not-one", CUBE, axis=0)
    yield call("broadcast_to", "ordinary", X[0], (2, 4, 6))
    yield call("broadcast_to", "wrong", X, (5, 6))
    yield call("broadcast_to", "empty", X[:1], (0, 6))
    for shift, axis in ((1, None), (-2, 1), ((1, 2), (0, 1)), (100, 0), (2, (0, 1))):
        yield call("roll", f"{shift}-{axis}".replace(" ", ""), X, shift, axis=axis)
    yield call("roll", "empty", np.zeros((0, 3)), 1, axis=0)
    yield call("roll", "of-bool", BOOL, 1)
    for repeats, axis in ((2, None), (3, 1), (0, 0), ([1, 0, 2, 1], 0), ([2], 1)):
        yield call("repeat", f"{repeats}-{axis}".replace(" ", ""), X, repeats, axis=axis)
    yield call("repeat", "traced-counts", X, np.array([1, 0, 2, 1], "int32"), axis=0)
    yield call("repeat", "of-bool", BOOL, 2)
    for times in (2, (2,), (1, 2), (2, 1, 2), (0, 1)):
        yield call("tile", f"{times}".replace(" ", ""), X, times)
    for k in (0, 1, -2, 9):
        yield from _diagonals(k)
    yield call("diag", "of-bool", BOOL[0])
    yield call("diagflat", "table", X[:2, :2])
    yield call("diagonal", "axes", CUBE, axis1=0, axis2=2)
    yield call("diagonal", "negative-axes", CUBE, offset=1, axis1=-1, axis2=0)
    yield call("trace", "cube", CUBE)
    yield call("trace", "axes", CUBE, offset=1, axis1=2, axis2=0)
    for dtype, array in {
        "int32": INT,
        "bool": BOOL,
        "int8": SMALL,
        "uint8": SMALL.astype("uint8"),
    }.items():
        yield from each("trace tril triu diagonal diagflat", f"of-{dtype}", array)
    yield call("tril", "cube", CUBE)
    yield call("triu", "special", np.full((3, 3), np.nan))
    patterns: dict[str, dict[str, Any]] = {
        "a b c -> c (a b)": {},
        "a (b d) c -> a b d c": {"b": 3},
        "a b c -> a 1 b c": {},
    }
    for pattern, sizes in patterns.items():
        yield call("rearrange", pattern.replace(" ", ""), CUBE, pattern, **sizes)
    yield call("rearrange", "wrong", CUBE, "a (b d) c -> a b d c", b=2)
    yield call("space_to_depth", "ordinary", numbers(1, 4, 4, 2), 2)
    yield call("space_to_depth", "first", numbers(1, 2, 4, 4), 2, data_format="channels_first")
    yield call("space_to_depth", "uneven", numbers(1, 5, 4, 2), 2)
    yield call("depth_to_space", "ordinary", numbers(1, 2, 2, 8), 2)
    yield call("depth_to_space", "first", numbers(1, 8, 2, 2), 2, data_format="channels_first")
    yield call("depth_to_space", "block-1", numbers(1, 2, 2, 2), 1)
    yield call("depth_to_space", "of-int32", np.arange(8, dtype="int32").reshape(1, 1, 2, 4), 2)


def _diagonals(k: int) -> Iterator[Case]:
    yield call("diag", f"vector-k-{k}", X[0], k=k)
    yield call("diagflat", f"vector-k-{k}", X[0], k=k)
    for name in ("diag", "tril", "triu"):
        yield call(name, f"k-{k}", X, k=k)
    yield call("diagonal", f"k-{k}", X, offset=k)
    yield call("trace", f"k-{k}", X, offset=k)


def _joined() -> Iterator[Case]:
    one = X[:2, :3]
    for name in ("concatenate", "stack", "hstack", "vstack", "dstack"):
        yield gathered(name, "ordinary", one, one + 1)
        yield gathered(name, "alone", one)
        yield gathered(name, "int32-and-floats", INT, one)
        yield gathered(name, "bool-and-int8", BOOL, SMALL)
        yield gathered(name, "int8-and-uint8", SMALL, SMALL.astype("uint8"))
        yield gathered(name, "empty", np.zeros((0, 3)), np.zeros((0, 3)))
        yield gathered(name, "vectors", X[0], X[1])
        yield gathered(name, "unlike", X, CUBE)
        yield gathered(name, "nothing")
    yield gathered("concatenate", "last", one, one, axis=-1)
    yield gathered("stack", "last", one, one, axis=-1)
    yield gathered("stack", "far", one, one, axis=5)
    yield call("append", "ordinary", X, X)
    yield call("append", "axis", X, X[:1], axis=0)
    yield call("append", "int32-and-floats", INT, X[:2, :3], axis=0)
    yield call("append", "bool-and-int32", BOOL, INT)
    for name in ("split", "array_split"):
        yield call(name, "even", X, 2)
        yield call(name, "at", X, [1, 3], axis=1)
        yield call(name, "uneven", X, 4, axis=1)
        yield call(name, "at-far", X, [2, 9], axis=1)
        yield call(name, "at-crossed", X, [4, 2], axis=1)
        yield call(name, "empty", np.zeros((0, 3)), 3, axis=1)
        yield call(name, "of-bool", BOOL, 3, axis=1)
    for name in ("hsplit", "vsplit", "dsplit"):
        yield call(name, "two", numbers(2, 4, 2), 2)
        yield call(name, "at", numbers(3, 4, 3), [1, 2])
    yield call("hsplit", "vector", X[0], 3)
    yield call("unstack", "ordinary", X)
    yield call("unstack", "axis", CUBE, axis=-1)
    yield call("unstack", "wrong-count", X, num=3)
    yield call("unstack", "empty", np.zeros((0, 3)))
    for indexing in ("xy", "ij"):
        yield call("meshgrid", indexing, X[0], X[1, :3], indexing=indexing)
        yield call("meshgrid", f"{indexing}-three", X[0], X[1, :2], X[2, :3], indexing=indexing)
    yield call("meshgrid", "mixed", INT[0], X[0])
    yield call("meshgrid", "alone", X[0])


def _padded() -> Iterator[Case]:
    for mode in ("constant", "reflect", "symmetric"):
        yield call("pad", mode, X, ((1, 2), (0, 3)), mode=mode)
        yield call("pad", f"{mode}-one-number", X, 1, mode=mode)
        yield call("pad", f"{mode}-far", X[:2, :2], ((1, 1), (2, 2)), mode=mode)
        yield call("pad", f"{mode}-of-bool", BOOL, 1, mode=mode)
        yield call("pad", f"{mode}-of-int8", SMALL, 1, mode=mode)
    yield call("pad", "value", X, 1, constant_values=2.5)
    yield call("pad", "value-of-int32", INT, 1, constant_values=2.5)
    yield call("pad", "value-special", X, 1, constant_values=np.inf)
    yield call("pad", "edge", X, 1, mode="edge")
    yield call("pad", "wrap", X, 1, mode="wrap")
    yield call("pad", "empty", np.zeros((0, 3)), 1)
    yield call("pad", "reflect-empty", np.zeros((0, 3)), 1, mode="reflect")
    yield call("pad", "reflect-one", X[:1], ((1, 1), (0, 0)), mode="reflect")
    yield call("pad", "pair", X, (1, 2))
    yield call("pad", "negative", X, ((-1, 1), (0, 0)))
    for method in ("where", "select"):
        yield call(method, "unlike-dtypes", BOOL, INT, X[:2, :3], of=_chosen(method))
        yield call(method, "bool-and-int8", BOOL, BOOL, SMALL, of=_chosen(method))
        yield call(method, "floats", BOOL, X[:2, :3], -X[:2, :3], of=_chosen(method))
        yield call(method, "broadcast", BOOL, X[:2, :1], X[0, :3], of=_chosen(method))
        yield call(method, "number", BOOL, X[:2, :3], 2.5, of=_chosen(method))
        yield call(method, "int32-and-number", BOOL, INT, 2.5, of=_chosen(method))
        yield call(
            method, "special-aside", BOOL, X[:2, :3], np.full((2, 3), np.nan), of=_chosen(method)
        )
        yield call(method, "float-condition", X[:2, :3], X[:2, :3], INT, of=_chosen(method))
    yield call("where", "condition-alone", X > 0)
    yield call("where", "condition-alone-of-numbers", X)


def _chosen(name: str) -> Any:
    def function(condition: Any, one: Any, other: Any) -> Any:
        if name == "where":
            return keras.ops.where(condition, one, other)
        return keras.ops.select([condition, ~condition], [one, other], default=0)

    return function
