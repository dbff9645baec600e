"""Cases of functions that reduce axes, or run along one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keras3_lab.atlas.case import FLOATS, Case, numbers
from keras3_lab.atlas.cases.ops_call import call, each

SUMS = "sum mean prod var std logsumexp"
EXTREMES = "max min amax amin ptp"
OF_TRUTH = "all any count_nonzero"
NAN = "nansum nanmean nanprod nanvar nanstd nanmax nanmin"
RANKS = "median nanmedian"
PLACES = "argmax argmin nanargmax nanargmin"
RUNNING = "cumsum cumprod nancumsum nancumprod"
KEEPS = f"{SUMS} {EXTREMES} all any {NAN} {RANKS} {PLACES}"
EVERY = f"{KEEPS} count_nonzero"

X = numbers(4, 6) + 0.3
TIES = np.array([[1.0, 1.0, 0.0], [-0.0, 0.0, 0.0], [2.0, -2.0, 2.0]])
HOLES = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [0.5, -1.0, np.nan]])
SPECIAL = np.array([[np.inf, 1.0, 2.0], [np.inf, -np.inf, 0.0], [-np.inf, -np.inf, -np.inf]])
CONSTANT = np.full((3, 3), 0.1)
LARGE = np.array([[1e30, 1e30, -1e30], [3e38, 3e38, 0.0], [1e-40, 1e-40, 1e-30]])
ZEROS_AMONG = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0], [1.0, 2.0, 3.0]])
WHOLE = {
    "int32": np.array([[-3, 1, 4], [1, 1, -5]], "int32"),
    "int8": np.array([[-128, 100, 100], [1, 127, 127]], "int8"),
    "uint8": np.array([[200, 100, 100], [1, 255, 0]], "uint8"),
    "bool": np.array([[True, False, True], [False, False, False]]),
    "uint32": np.array([[2**31, 2**31, 1], [3, 2, 1]], "uint32"),
    "int16": np.array([[300, 30000, 30000], [3, 2, 1]], "int16"),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for what, array in {
        "ties": TIES,
        "holes": HOLES,
        "special": SPECIAL,
        "large": LARGE,
    }.items():
        yield from each(EVERY, what, array, axis=1)
        yield from each(RUNNING, what, array, axis=1)
    yield from each(f"{SUMS} ptp {NAN} {RUNNING}", "zeros-among", ZEROS_AMONG, axis=1)
    yield from each("var std logsumexp nanvar nanstd", "constant", CONSTANT, axis=1)
    yield from each("var std logsumexp mean median", "one-column", X[:, :1], axis=1)
    yield from each(EVERY, "no-axis", X, dtypes=FLOATS)
    yield from each(RUNNING, "no-axis", X)
    yield from each(KEEPS, "kept", X, axis=0, keepdims=True)
    yield from each(
        f"{SUMS} {EXTREMES} {OF_TRUTH} {NAN} {RANKS}", "axes", numbers(2, 3, 4), axis=(0, -1)
    )
    yield from each("sum mean max var all nansum count_nonzero median", "no-axes", X, axis=())
    yield from each("sum max argmax var median nanmax", "empty", np.zeros((0, 3)), axis=1)
    yield from each(EVERY, "over-nothing", np.zeros((3, 0)), axis=1)
    yield from each(RUNNING, "over-nothing", np.zeros((3, 0)), axis=1)
    for dtype in ("int32", "uint8", "bool"):
        yield from each(f"{EVERY} {RUNNING}", f"of-{dtype}", WHOLE[dtype], axis=1)
    for dtype in ("int8", "uint32", "int16"):
        yield from each("sum prod mean max argmax cumsum", f"of-{dtype}", WHOLE[dtype], axis=1)
    yield from each("max min", "initial", X, axis=1, initial=0.0)
    yield from each("max min", "initial-over-nothing", np.zeros((3, 0)), axis=1, initial=0.5)
    for target in ("float64", "int8", "int32", "bool"):
        yield from each("cumsum cumprod prod", f"into-{target}", 3 * X, axis=1, dtype=target)
    yield from _quantiles()
    yield from _weighted()


def _quantiles() -> Iterator[Case]:
    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
        for name, at in (("quantile", 0.3), ("nanquantile", 0.3), ("percentile", 30.0)):
            yield call(name, method, X, at, axis=1, method=method)
        yield call("nanpercentile", method, HOLES, 50.0, axis=1, method=method)
    for name in ["quantile", "nanquantile"]:
        several = np.array([0.0, 0.5, 1.0])
        yield call(name, "several", X, several, axis=1)
        yield call(name, "several-kept", X, several, axis=1, keepdims=True)
        yield call(name, "several-axes", numbers(2, 3, 4), several, axis=(0, 2))
        yield call(name, "ties", TIES, 0.5, axis=1)
        yield call(name, "holes", HOLES, 0.5, axis=1)
        yield call(name, "special", SPECIAL, 0.5, axis=1)
        yield call(name, "no-axis", X, 0.25)
        yield call(name, "outside", X, 1.5, axis=1)
        yield call(name, "over-nothing", np.zeros((2, 0)), 0.5, axis=1)
        yield call(name, "of-int32", WHOLE["int32"], 0.5, axis=1)
        yield call(name, "of-bool", WHOLE["bool"], 0.5, axis=1)
    yield from each("percentile nanpercentile", "several", X, np.array([10.0, 90.0]), axis=1)
    yield from each("percentile nanpercentile", "of-int32", WHOLE["int32"], 50, axis=1)


def _weighted() -> Iterator[Case]:
    weights = numbers(6) + 2
    yield call("average", "ordinary", X, axis=1)
    yield call("average", "weights", X, axis=1, weights=weights)
    yield call("average", "traced-weights", X, 1, weights)
    yield call("average", "weights-of-all", X, None, X + 2)
    yield call("average", "weights-cancel", X[:, :2], 1, np.array([1.0, -1.0]))
    yield call("average", "of-int32", WHOLE["int32"], axis=1)
    yield call("average", "of-bool", WHOLE["bool"], axis=1)
    yield call("average", "int32-weights", X[:, :3], 1, np.array([1, 2, 3], "int32"))
    yield call("average", "empty", np.zeros((0, 3)), axis=0)
    for axes in ((0,), (0, 1), (-1,)):
        for keepdims in (False, True):
            name = f"axes-{''.join(map(str, axes))}{'-kept' if keepdims else ''}"
            yield call("moments", name, X, axes=axes, keepdims=keepdims)
    yield call("moments", "constant", CONSTANT, axes=(1,))
    yield call("moments", "large", 300 * X, axes=(1,))
    yield call("moments", "special", SPECIAL, axes=(1,))
    yield call("moments", "over-nothing", np.zeros((3, 0)), axes=(1,))
    yield call("moments", "of-int32", WHOLE["int32"], axes=(1,))
    for what, array in {"ordinary": X, "ties": TIES, "holes": HOLES}.items():
        yield call("trapezoid", what, array)
        yield call("trapezoid", f"{what}-dx", array, dx=0.5, axis=0)
        yield call("diff", what, array)
        yield call("corrcoef", what, array)
    yield call("trapezoid", "at", X, np.linspace(0, 1, 6) ** 2)
    yield call("trapezoid", "of-int32", WHOLE["int32"])
    yield call("trapezoid", "one-column", X[:, :1])
    yield call("diff", "twice", X, n=2, axis=0)
    yield call("diff", "too-often", X, n=7, axis=1)
    yield call("diff", "none", X, n=0)
    for dtype, array in WHOLE.items():
        yield call("diff", f"of-{dtype}", array)
    yield call("corrcoef", "constant", CONSTANT)
    yield call("corrcoef", "of-int32", WHOLE["int32"])
    yield call("corrcoef", "of-bool", WHOLE["bool"])
    for mode in ("valid", "same", "full"):
        yield call("correlate", mode, numbers(6), numbers(3, seed=1), mode=mode)
        yield call("correlate", f"{mode}-even", numbers(5), numbers(4, seed=1), mode=mode)
        yield call("correlate", f"{mode}-shorter-first", numbers(2), numbers(5), mode=mode)
    yield call("correlate", "of-int32", WHOLE["int32"][0], WHOLE["int32"][1], mode="full")
    yield call("correlate", "int32-and-floats", WHOLE["int32"][0], numbers(3), mode="full")
