"""Cases of functions that look up, sort, count, and write at places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, numbers
from keras3_lab.atlas.cases.ops_call import call, each

X = numbers(4, 6)
INT = np.array([3, 1, 2, 1, 3, 0], "int32")
TIES = np.array([[1.0, 1.0, 0.0, 1.0, -0.0], [0.0, -0.0, 0.0, 2.0, 2.0]])
HOLES = np.array([[np.nan, 1.0, -np.inf, np.nan, 0.0], [np.inf, 2.0, np.nan, -1.0, np.inf]])
BOOL = np.array([True, False, True, True, False, False])
INDICES = {
    "ordinary": np.array([2, 0, 2], "int32"),
    "negative": np.array([-1, -4, 1], "int32"),
    "beyond": np.array([1, 4, 100], "int32"),
    "far-below": np.array([0, -5, -100], "int32"),
    "none": np.zeros(0, "int32"),
    "table": np.array([[0, 1], [3, 3]], "int32"),
    "uint8": np.array([2, 0], "uint8"),
    "bool": np.array([True, False]),
    "floats": np.array([1.0, 2.0]),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _taken()
    yield from _written()
    yield from _sorted()
    yield from _counted()
    yield from _segments()


def _taken() -> Iterator[Case]:
    for what, indices in INDICES.items():
        yield call("take", what, X, indices, axis=0)
        yield call("take", f"{what}-of-int32", INT[:4], indices)
        if indices.ndim == 1:
            yield call("take_along_axis", what, X, indices[:, None].repeat(6, 1), axis=0)
    yield call("take", "no-axis", X, INDICES["ordinary"])
    yield call("take", "number", X, 1, axis=1)
    yield call("take", "from-nothing", np.zeros((0, 3)), INDICES["ordinary"], axis=0)
    yield call("take_along_axis", "no-axis", X, INDICES["ordinary"])
    yield call("take_along_axis", "broadcast", X, np.array([[1], [0], [2], [5]], "int32"), axis=1)
    for what, key in {
        "number": 1,
        "negative": -1,
        "slice": slice(1, None, 2),
        "backwards": slice(None, None, -1),
        "new-axis": (None, 0),
        "ellipsis": (..., 2),
        "mixed": (slice(None), 3),
        "far-slice": slice(2, 100),
        "beyond": 7,
        "list": [0, 2],
        "lists": ([0, 1], [2, 3]),
        "bools": np.array([True, False, True, False]),
    }.items():
        yield call("get_item", what, X, of=_item, key=key)
    for what, start in {"ordinary": [1, 2], "beyond": [3, 5], "negative": [-1, 0]}.items():
        yield call("slice", what, X, start, (2, 2))
        yield call("slice", f"traced-{what}", X, np.array(start, "int32"), shape=(2, 2))
        update = numbers(2, 2)
        yield call("slice_update", what, X, start, update)
        yield call("slice_update", f"traced-{what}", X, np.array(start, "int32"), update)
    yield call("slice", "empty", X, [0, 0], (0, 2))
    yield call("slice_update", "unlike-dtypes", X, [0, 0], np.ones((1, 1), "int32"))
    for what, indices in INDICES.items():
        for axis in (-1, 0):
            yield call("one_hot", f"{what}-{axis}", indices, 3, axis=axis)
        if indices.ndim:
            yield call("multi_hot", what, indices, 3)
    for dtype in ("int32", "bool", "float16"):
        yield call("one_hot", f"into-{dtype}", INT, 4, dtype=dtype)
        yield call("multi_hot", f"into-{dtype}", INT, 4, dtype=dtype)
    yield call("one_hot", "no-classes", INT, 0)
    yield call("unravel_index", "ordinary", np.array([0, 5, 11], "int32"), (3, 4))
    yield call("unravel_index", "beyond", np.array([12, 50], "int32"), (3, 4))
    yield call("unravel_index", "negative", np.array([-1, -13], "int32"), (3, 4))
    yield call("unravel_index", "table", INDICES["table"], (3, 4))
    yield call("unravel_index", "uint8", INDICES["uint8"], (3, 4))


def _item(x: Any, key: Any) -> Any:
    return keras.ops.get_item(x, key)


def _written() -> Iterator[Case]:
    places = {
        "ordinary": [[1], [3]],
        "twice": [[1], [1]],
        "beyond": [[1], [6]],
        "negative": [[-1], [0]],
        "far-below": [[-9], [0]],
    }
    values = numbers(2) + 3
    vector = X[0]
    for what, indices in places.items():
        where = np.array(indices, "int32")
        yield call("scatter", what, where, values, shape=(6,))
        for reduction in (None, "add", "max", "min", "mul"):
            yield call(
                "scatter_update", f"{what}-{reduction}", vector, where, values, reduction=reduction
            )
    yield call("scatter", "rows", np.array([[0], [2]], "int32"), numbers(2, 3), shape=(3, 3))
    yield call("scatter", "of-int32", np.array([[0], [0]], "int32"), INT[:2], shape=(3,))
    yield call("scatter", "of-bool", np.array([[0], [1]], "int32"), BOOL[:2], shape=(3,))
    yield call("scatter", "none", np.zeros((0, 1), "int32"), np.zeros(0), shape=(3,))
    pairs = np.array([[0, 1], [3, 5], [0, 1]], "int32")
    for reduction in (None, "add", "max", "min", "mul"):
        yield call(
            "scatter_update", f"pairs-{reduction}", X, pairs, numbers(3), reduction=reduction
        )
        yield call(
            "scatter_update",
            f"int32-{reduction}",
            INT,
            np.array([[1], [1]]),
            INT[:2],
            reduction=reduction,
        )
        ties = np.zeros(2)
        yield call(
            "scatter_update",
            f"ties-{reduction}",
            np.zeros(3),
            np.array([[1], [1]]),
            ties,
            reduction=reduction,
        )
    yield call("scatter_update", "rows", X, np.array([[2]]), numbers(1, 6))
    yield call("scatter_update", "unlike-dtypes", X[0], np.array([[2]]), INT[:1])
    yield call("scatter_update", "none", X[0], np.zeros((0, 1), "int32"), np.zeros(0))


def _sorted() -> Iterator[Case]:
    tables = {
        "ordinary": X,
        "ties": TIES,
        "holes": HOLES,
        "empty": np.zeros((0, 3)),
        "nothing": np.zeros((2, 0)),
        "int32": INT,
        "int8": INT.astype("int8"),
        "uint8": INT.astype("uint8"),
        "bool": BOOL,
    }
    for what, array in tables.items():
        yield from each("sort argsort", what, array)
        if what != "nothing":
            yield call("top_k", what, array, 2)
        if what not in ("empty", "nothing"):
            yield call("argpartition", what, array, 1)
        yield call("unique", what, array.ravel(), compiles=False, gradient=False)
        yield call("nonzero", what, array, compiles=False)
    yield from each("sort argsort", "first-axis", X, axis=0)
    yield from each("sort argsort", "no-axis", X, axis=None)
    yield call("top_k", "all", X, 6)
    yield call("top_k", "none", X, 0)
    yield call("top_k", "too-many", X, 7)
    yield call("top_k", "unsorted", X, 3, sorted=False)
    yield call("argpartition", "negative", -INT - 1, 1)
    yield call("argpartition", "axis", X, 1, axis=0)
    yield call("argpartition", "last", X, -1)
    yield call("nonzero", "compiled", X, gradient=False)
    yield call("unique", "compiled", INT, gradient=False)
    every: dict[str, Any] = {"return_index": True, "return_inverse": True, "return_counts": True}
    for what in ("ties", "holes", "int32", "bool"):
        yield call(
            "unique",
            f"everything-of-{what}",
            tables[what].ravel(),
            compiles=False,
            gradient=False,
            **every,
        )
    yield call("unique", "table", np.array([[1, 2], [1, 2], [0, 1]]), compiles=False, **every)
    yield call(
        "unique", "rows", np.array([[1, 2], [1, 2], [0, 1]]), axis=0, compiles=False, **every
    )
    yield call("unique", "padded", INT, size=6, fill_value=-1)
    yield call("unique", "padded-no-value", INT, size=6)
    yield call("unique", "cut", INT, size=2)
    yield call("unique", "unsorted", INT, sorted=False, compiles=False)
    for side in ("left", "right"):
        line = np.array([0.0, 1.0, 1.0, 2.0])
        yield call("searchsorted", side, line, np.array([-1.0, 0.0, 1.0, 1.5, 2.0, 9.0]), side=side)
        yield call("searchsorted", f"{side}-special", line, HOLES[0], side=side)
        yield call(
            "searchsorted", f"{side}-nan-among", np.array([0.0, 1.0, np.nan]), HOLES[0], side=side
        )
        yield call("searchsorted", f"{side}-in-nothing", np.zeros(0), line, side=side)
        yield call("searchsorted", f"{side}-int32", np.array([0, 1, 1], "int32"), INT, side=side)
        yield call("searchsorted", f"{side}-mixed", np.array([0, 1, 1], "int32"), line, side=side)
        yield call("searchsorted", f"{side}-unsorted", np.array([2.0, 0.0, 1.0]), line, side=side)
    for what, array in {
        "ordinary": X[0],
        "special": HOLES[0],
        "empty": np.zeros(0),
        "int32": INT,
    }.items():
        yield call("digitize", what, array, np.array([-0.5, 0.0, 0.5]))
        yield call("digitize", f"{what}-falling", array, np.array([0.5, 0.0, -0.5]))
        yield call("digitize", f"{what}-whole-bins", array, np.array([0, 1, 2], "int32"))
        yield call("digitize", f"{what}-no-bins", array, np.zeros(0))
    for invert in (False, True):
        name = "inverted" if invert else "plain"
        yield call("isin", name, TIES, np.array([0.0, 2.0]), invert=invert)
        yield call("isin", f"{name}-special", HOLES, np.array([np.nan, np.inf]), invert=invert)
        yield call("isin", f"{name}-nothing", TIES, np.zeros(0), invert=invert)
        yield call("isin", f"{name}-mixed", INT, np.array([1.0, 2.5]), invert=invert)
        yield call(
            "isin", f"{name}-int8-uint8", INT.astype("int8"), INT[:2].astype("uint8"), invert=invert
        )
    targets = np.array([0, 2, 5, -1], "int32")
    predictions = np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0], [0.0, 1.0, 2.0], [3.0, 2.0, 1.0]])
    for k in (0, 1, 2, 3, 5):
        yield call("in_top_k", f"k-{k}", targets, predictions, k=k)
    yield call("in_top_k", "ties", np.array([0, 2, 3]), np.array([[1.0, 1.0, 1.0, 0.0]] * 3), k=2)
    holes = np.array([[np.nan, 1.0, 0.0], [1.0, np.inf, 0.0], [0.0, 1.0, np.nan]])
    yield call("in_top_k", "holes", np.array([0, 1, 1]), holes, k=2)


def _counted() -> Iterator[Case]:
    weights = numbers(6)
    yield call("bincount", "ordinary", INT, compiles=False)
    yield call("bincount", "compiled", INT)
    yield call("bincount", "weights", INT, weights, compiles=False)
    yield call("bincount", "whole-weights", INT, INT, compiles=False)
    yield call("bincount", "at-least", INT, None, 8)
    yield call("bincount", "at-least-weights", INT, weights, 8, compiles=False)
    yield call("bincount", "table", INT.reshape(2, 3), None, 5, compiles=False)
    yield call(
        "bincount", "table-weights", INT.reshape(2, 3), weights.reshape(2, 3), 5, compiles=False
    )
    yield call("bincount", "negative", INT - 1, None, 5, compiles=False)
    yield call("bincount", "empty", INT[:0], None, 3, compiles=False)
    for dtype in ("uint8", "int8", "int64", "bool"):
        yield call("bincount", f"of-{dtype}", INT.astype(dtype), None, 5, compiles=False)
    for what, array in {
        "ordinary": X,
        "ties": TIES,
        "constant": np.ones(4),
        "holes": HOLES,
        "empty": np.zeros(0),
        "int32": INT,
        "bool": BOOL,
    }.items():
        yield call("histogram", what, array, bins=4)
        yield call("histogram", f"{what}-ranged", array, bins=3, range=(0.0, 2.0))
    yield call("histogram", "edges", np.array([0.0, 1.0, 2.0, 3.0]), bins=3)


def _segments() -> Iterator[Case]:
    ids = {
        "ordinary": [0, 0, 1, 2, 2, 2],
        "gap": [0, 0, 3, 3, 3, 3],
        "unsorted": [2, 0, 1, 0, 2, 1],
        "beyond": [0, 1, 5, 9, 1, 0],
        "negative": [-1, 0, 1, 1, 0, -2],
    }
    for name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
        for what, places in ids.items():
            where = np.array(places, "int32")
            yield call(name, what, X[0], where, num_segments=4)
            yield call(name, f"{what}-int32", INT, where, num_segments=4)
        yield call(name, "uncounted", X[0], np.array(ids["gap"]), compiles=False)
        yield call(name, "sorted", X[0], np.array(ids["ordinary"]), num_segments=3, sorted=True)
        yield call(name, "ties", np.zeros(6), np.array(ids["ordinary"]), num_segments=3)
        yield call(name, "holes", HOLES[0], np.array([0, 0, 1, 1, 1]), num_segments=2)
        yield call(name, "rows", X, np.array([0, 1, 1, 0]), num_segments=2)
        yield call(name, "empty", np.zeros(0), np.zeros(0, "int32"), num_segments=2)
        yield call(name, "of-bool", BOOL, np.array(ids["ordinary"]), num_segments=3)
        yield call(name, "of-int8", INT.astype("int8"), np.array(ids["gap"]), num_segments=4)
