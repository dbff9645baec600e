"""Cases of control flow, functions of functions, and what is left of `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, numbers
from keras3_lab.atlas.cases.ops_call import ONCE, call

ops = keras.ops
X = numbers(4, 3)
WHOLE = np.array([1, 2, 3, 4], "int32")


def _running(state: Any, x: Any) -> tuple[Any, Any]:
    return state + x, state * x


def _count(x: Any, limit: int) -> Any:
    return ops.while_loop(
        lambda n, total: n < limit, lambda n, total: (n + 1, total + x * n), (0, 0 * x)
    )


def _at_most(x: Any, steps: int | None) -> Any:
    return ops.while_loop(
        lambda y: ops.sum(y) < 9, lambda y: (y + 1,), (x,), maximum_iterations=steps
    )


def _hand_made(x: Any) -> Any:
    def function(y: Any) -> Any:
        def grad(*args: Any, upstream: Any = None) -> Any:
            return 3.0 * (args[0] if upstream is None else upstream)

        return ops.square(y), grad

    return ops.custom_gradient(function)(x)


FUNCTIONS: dict[str, dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    "map": {
        "ordinary": (lambda x: ops.map(lambda row: 2 * row, x), (X,)),
        "pairs": (lambda x: ops.map(lambda pair: pair[0] + pair[1], (x, x)), (X,)),
        "dtype": (lambda x: ops.map(lambda row: ops.cast(row, "int32"), x), (X,)),
        "nothing": (lambda x: ops.map(lambda row: 2 * row, x), (X[:0],)),
    },
    "scan": {
        "ordinary": (lambda x: ops.scan(_running, x[0], x), (X,)),
        "back": (lambda x: ops.scan(_running, x[0], x, reverse=True), (X,)),
        "unrolled": (lambda x: ops.scan(_running, x[0], x, unroll=2), (X,)),
        "length": (lambda x: ops.scan(lambda s, _: (s + 1, s), x[0], length=3), (X,)),
        "whole": (lambda x: ops.scan(_running, x[0], x), (WHOLE,)),
        "whole-and-floats": (lambda x, y: ops.scan(_running, x[0], y), (WHOLE, X[:, 0])),
        "nothing": (lambda x: ops.scan(_running, ops.zeros((3,)), x), (X[:0],)),
    },
    "associative_scan": {
        "ordinary": (lambda x: ops.associative_scan(lambda a, b: a + b, x), (X,)),
        "back": (lambda x: ops.associative_scan(lambda a, b: a * b, x, reverse=True), (X,)),
        "axis": (lambda x: ops.associative_scan(ops.maximum, x, axis=1), (X,)),
        "odd": (lambda x: ops.associative_scan(lambda a, b: a + b, x), (WHOLE[:3],)),
        "one": (lambda x: ops.associative_scan(lambda a, b: a + b, x), (X[:1],)),
    },
    "while_loop": {
        "ordinary": (lambda x: _count(x, 4), (X,)),
        "never": (lambda x: _count(x, 0), (X,)),
        "at-most": (lambda x: _at_most(x, 2), (X,)),
        "at-most-none": (lambda x: _at_most(x, 0), (X,)),
        "unbounded": (lambda x: _at_most(x, None), (X,)),
    },
    "fori_loop": {
        "ordinary": (lambda x: ops.fori_loop(0, 3, lambda n, y: y * 0.5 + n, x), (X,)),
        "nothing": (lambda x: ops.fori_loop(3, 3, lambda n, y: y + 1, x), (X,)),
        "backwards": (lambda x: ops.fori_loop(3, 0, lambda n, y: y + 1, x), (X,)),
        "whole": (lambda x: ops.fori_loop(0, 3, lambda n, y: y + n, x), (WHOLE,)),
        "traced-end": (lambda x, n: ops.fori_loop(0, n, lambda k, y: y + 1, x), (X, np.array(3))),
    },
    "cond": {
        "ordinary": (lambda x: ops.cond(ops.sum(x) > 1, lambda: x, lambda: -x), (X,)),
        "python": (lambda x: ops.cond(True, lambda: x, lambda: -x), (X,)),
        "unlike-dtypes": (
            lambda x: ops.cond(x[0, 0] > 0, lambda: x, lambda: ops.cast(x, "int32")),
            (X,),
        ),
        "unlike-shapes": (lambda x: ops.cond(x[0, 0] > 0, lambda: x, lambda: x[0]), (X,)),
        "of-number": (lambda x: ops.cond(x[0, 0], lambda: x, lambda: -x), (X,)),
        "nothing": (lambda x: ops.cond(x[0, 0] > 0, lambda: None, lambda: None), (X,)),
    },
    "switch": {
        "ordinary": (lambda x, n: ops.switch(n, [ops.negative, ops.square], x), (X, np.array(1))),
        "beyond": (lambda x, n: ops.switch(n, [ops.negative, ops.square], x), (X, np.array(7))),
        "negative": (lambda x, n: ops.switch(n, [ops.negative, ops.square], x), (X, np.array(-3))),
    },
    "vectorized_map": {
        "ordinary": (lambda x: ops.vectorized_map(lambda row: ops.sum(row), x), (X,)),
        "pairs": (lambda x: ops.vectorized_map(lambda p: p[0] @ p[1], (x, x)), (X,)),
        "matmul": (lambda x: ops.vectorized_map(lambda row: row[None] @ row[:, None], x), (X,)),
        "nothing": (lambda x: ops.vectorized_map(lambda row: 2 * row, x), (X[:0],)),
    },
    "vectorize": {
        "ordinary": (lambda x: ops.vectorize(lambda a: a * a)(x), (X,)),
        "two": (lambda x: ops.vectorize(lambda a, b: a * b)(x, x[0]), (X,)),
        "signature": (lambda x: ops.vectorize(ops.sum, signature="(n)->()")(x), (X,)),
        "excluded": (lambda x: ops.vectorize(lambda a, b: a * b, excluded={1})(x, 2.0), (X,)),
    },
    "custom_gradient": {"ordinary": (_hand_made, (X,))},
    "jvp": {
        "ordinary": (lambda x: ops.jvp(ops.sin, (x,), (x,)), (X,)),
        "aux": (lambda x: ops.jvp(lambda y: (y * y, y), (x,), (x,), has_aux=True), (X,)),
        "two": (lambda x: ops.jvp(ops.multiply, (x, x), (x, 2 * x)), (X,)),
        "kink": (lambda x: ops.jvp(ops.abs, (x,), (x + 1,)), (0 * X,)),
        "whole": (lambda x: ops.jvp(ops.square, (x,), (x,)), (WHOLE,)),
        "no-dependence": (lambda x: ops.jvp(ops.zeros_like, (x,), (x,)), (X,)),
    },
    "stop_gradient": {"product": (lambda x: x * ops.stop_gradient(x), (X,))},
    "shape": {"compiled": (lambda x: x * ops.shape(x)[0], (X,))},
    "get_item": {"traced": (lambda x, n: ops.get_item(x, n), (X, np.array(2)))},
    "identity": {"times": (lambda x: ops.identity(4) @ x, (X,))},
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, table in FUNCTIONS.items():
        for what, (function, inputs) in table.items():
            yield call(name, what, *inputs, of=function)
    for what, given in {
        "whole": [1, 2],
        "floats": [1.0, 2.5],
        "bools": [True, False],
        "mixed": [1, 2.5],
        "nested": [[1, 2], [3, 4]],
        "nothing": [],
        "large": [2**31 + 1],
        "complex": [1j],
        "number": 3,
        "truth": True,
    }.items():
        yield call("convert_to_tensor", what, given, dtypes=ONCE, compiles=False)
        yield call("array", what, given, dtypes=ONCE, compiles=False)
    for dtype in ("float64", "int64", "uint8", "uint64", "complex64"):
        given = np.ones(2, dtype)

        def function(array: np.ndarray = given) -> Any:
            return ops.convert_to_tensor(array)

        yield call("convert_to_tensor", f"of-{dtype}", of=function, dtypes=ONCE, compiles=False)
