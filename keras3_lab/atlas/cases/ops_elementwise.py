"""Cases of functions of one array, element by element."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from keras3_lab.atlas.case import FLOATS, WIDE, Case, numbers
from keras3_lab.atlas.cases.ops_call import ONCE, call, each
from keras3_lab.atlas.cases.values import BY_NAME, KINKS

EVERYWHERE = (
    "abs absolute fabs angle arcsinh arctan cbrt ceil conj cos cosh deg2rad erf erfc exp exp2 "
    "expm1 floor i0 imag isfinite isinf isnan isneginf isposinf isreal logical_not nan_to_num "
    "negative rad2deg real round sign signbit sin sinc sinh square tan tanh trunc"
)
BESIDE = "arccos arccosh arcsin arctanh erfinv log log10 log1p log2 reciprocal rsqrt sqrt"
"""Those that are not finite everywhere."""
OF_NN = (
    "celu elu gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid relu relu6 "
    "selu sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid squareplus "
    "tanh_shrink"
)
OF_BITS = "bitwise_invert bitwise_not"

EDGES = np.array([-1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.5, -1.5, -2.5, 1.0 - 1e-7, 1.0 + 1e-6])
POSITIVE = numbers(3, 4) + 1.05
TURNS = np.resize([np.pi, -np.pi / 2, 3.0, 100.0, 1e4, 1e6, -40.0, 20.0], 12)

WHOLE = {
    "int32": np.array([-3, -1, 0, 1, 2, 7], "int32"),
    "int8": np.array([-128, -3, 0, 1, 100, 127], "int8"),
    "uint8": np.array([0, 1, 2, 100, 255], "uint8"),
    "bool": np.array([True, False]),
    "int16": np.array([-300, 0, 1, 300], "int16"),
    "uint32": np.array([0, 1, 2**31, 2**32 - 1], "uint32"),
    "int64": np.array([-3, 0, 1, 2**31 - 1], "int64"),
}
NARROW = {"ordinary": FLOATS, "special": FLOATS, "large": WIDE, "small": WIDE}
COMPLEX = np.array([0j, 1 + 1j, -1 + 0j, -1 - 1e-3j, 2j], "complex64")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for what in ("ordinary", "special", "large", "small"):
        yield from each(EVERYWHERE, what, BY_NAME[what], dtypes=NARROW[what])
    yield from each(EVERYWHERE, "edges", EDGES)
    yield from each("sin cos tan tanh round floor exp i0 sinc", "turns", TURNS)
    yield from each("abs sqrt log exp floor sign isnan relu", "empty", BY_NAME["empty"])
    for what, array in {"edges": EDGES, "positive": POSITIVE}.items():
        yield from each(BESIDE, what, array, dtypes=FLOATS if what == "positive" else WIDE)
    for what in ("special", "large", "small"):
        yield from each(BESIDE, what, BY_NAME[what])
        yield from each(OF_NN, what, BY_NAME[what], dtypes=NARROW[what])
    yield from each(OF_NN, "kinks", KINKS)
    for dtype in ("int32", "bool"):
        for name in f"{EVERYWHERE} {BESIDE} {OF_NN}".split():
            yield call(name, f"of-{dtype}", WHOLE[dtype])
    few = "abs sign square exp sqrt reciprocal round floor negative isfinite log relu sigmoid"
    for dtype in ("int8", "uint8", "int16", "uint32", "int64"):
        yield from each(few, f"of-{dtype}", WHOLE[dtype])
    for dtype, array in WHOLE.items():
        yield from each(OF_BITS, f"of-{dtype}", array)
    yield from each(
        "abs angle conj conjugate exp imag isfinite isnan isreal log negative real reciprocal sin "
        "sqrt square tanh",
        "of-complex",
        COMPLEX,
        gradient=False,
    )
    yield from _with_arguments()


def _with_arguments() -> Iterator[Case]:
    wide = np.array([-1e9, -300.0, -1.5, 0.0, 2.5, 300.0, 1e9, np.nan, np.inf])
    for target in ("int8", "uint8", "int32", "uint32", "int64", "bool", "float16", "complex64"):
        yield call("cast", f"specials-to-{target}", wide, dtype=target, gradient=False)
        yield call("cast", f"plain-to-{target}", numbers(5) * 9, dtype=target, gradient=False)
        if target != "complex64":
            yield call("saturate_cast", f"to-{target}", wide, dtype=target, gradient=False)
    for source in ("int32", "int8", "uint8", "uint32", "bool"):
        for target in ("uint8", "int8", "float16", "bfloat16", "bool"):
            yield call("cast", f"{source}-to-{target}", WHOLE[source], dtype=target)
            yield call("saturate_cast", f"{source}-to-{target}", WHOLE[source], dtype=target)
    for decimals in (2, -1, 0):
        yield call("round", f"decimals-{decimals}", TURNS * 1.005, decimals=decimals)
        yield call("round", f"whole-decimals-{decimals}", WHOLE["int32"] * 37, decimals=decimals)
    yield call("nan_to_num", "numbers", BY_NAME["special"], nan=1.0, posinf=2.0, neginf=-3.0)
    yield call("nan_to_num", "one-number", BY_NAME["special"], posinf=2.0)
    for what, array in {**BY_NAME, "kinks": KINKS}.items():
        yield call("clip", what, array, x_min=-0.5, x_max=0.5)
        yield call("threshold", what, array, threshold=0.5, default_value=0.0)
        yield call("copy", what, array)
        yield call("stop_gradient", what, array)
    yield call("clip", "edges-crossed", KINKS, x_min=1.0, x_max=-1.0)
    yield call("clip", "by-arrays", KINKS, -abs(KINKS), np.full(12, 1.0))
    yield call("clip", "no-upper", KINKS, 0.0, None)
    for dtype, array in WHOLE.items():
        yield call("clip", f"of-{dtype}", array, x_min=0, x_max=2)
        yield call("clip", f"of-{dtype}-by-floats", array, x_min=0.5, x_max=2.5)
        yield call("copy", f"of-{dtype}", array)
    for alpha in (0.0, 2.0, -0.5):
        yield call("elu", f"alpha-{alpha}", KINKS, alpha=alpha)
        yield call("leaky_relu", f"slope-{alpha}", KINKS, negative_slope=alpha)
    yield call("celu", "alpha-2", KINKS, alpha=2.0)
    yield call("gelu", "exact", KINKS, approximate=False)
    yield call("gelu", "exact-special", BY_NAME["special"], approximate=False)
    yield call("gelu", "exact-large", BY_NAME["large"], approximate=False)
    yield call("squareplus", "b-0", KINKS, b=0)
    yield call("hard_shrink", "threshold-0", KINKS, threshold=0.0)
    yield call("soft_shrink", "threshold-0", KINKS, threshold=0.0)
    for target in ("int32", "uint8", "int16"):
        yield call("view", f"as-{target}", KINKS[:8], dtype=target, gradient=False)
    yield call("view", "int8-as-int32", WHOLE["int8"][:4], dtype="int32")
    yield call("view", "uint32-as-float", WHOLE["uint32"], dtype="float32")
    for name in ("is_tensor", "dtype", "ndim", "size", "shape"):
        yield call(name, "ordinary", BY_NAME["ordinary"], gradient=False, compiles=False)
        yield call(name, "empty", BY_NAME["empty"], gradient=False, compiles=False)
    yield call("is_tensor", "of-list", [1.0, 2.0], gradient=False, compiles=False)
    yield call("size", "compiled", BY_NAME["ordinary"], gradient=False)
    yield call("ndim", "of-number", 3.0, dtypes=ONCE, compiles=False)
    values = keras.ops.convert_to_numpy
    yield call("convert_to_numpy", "ordinary", KINKS, of=values, gradient=False, compiles=False)
    yield call("convert_to_numpy", "of-bool", WHOLE["bool"], of=values, compiles=False)
    yield call("view_as_real", "ordinary", COMPLEX)
    yield call("view_as_real", "empty", COMPLEX[:0])
    yield call("view_as_complex", "ordinary", numbers(3, 2), gradient=False)
    yield call("view_as_complex", "special", BY_NAME["special"].reshape(6, 2), gradient=False)
    yield call("view_as_complex", "odd", numbers(3, 3), gradient=False)
    yield call("polar", "ordinary", POSITIVE, numbers(3, 4), gradient=False)
    yield call("polar", "special", BY_NAME["special"], BY_NAME["special"], gradient=False)
    yield call("polar", "negative", -POSITIVE, numbers(3, 4), gradient=False)
