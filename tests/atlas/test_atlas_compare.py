"""What parts two lanes, and how far; made-up outcomes, NumPy alone."""

from __future__ import annotations

import numpy as np
import pytest

from keras3_lab.atlas.compare import ROUNDING, SAME, ULP, parts, within
from keras3_lab.atlas.outcome import Outcome, Raised, Result, Value

pytestmark = pytest.mark.once

ONE = np.array([1.0, 2.0, -3.0], "float32")


def value(array: np.ndarray, path: str = "", dtype: str = "") -> Value:
    return Value(path, dtype or str(array.dtype), array, array.shape)


def lanes(a: Result, b: Result, aspect: str = "eager", dtype: str = "float32") -> dict:
    return {
        "a": [Outcome("ops.x/y", dtype, {aspect: a})],
        "b": [Outcome("ops.x/y", dtype, {aspect: b})],
    }


def moved(ulps: float) -> np.ndarray:
    return (ONE.astype("float64") * (1 + ulps * ULP["float32"])).astype("float64")


INFINITY = np.array([np.inf], "float32")
NAN = np.array([1.0, np.nan, -3.0], "float32")
PARTED = {
    "value": ((value(ONE),), (value(ONE * 2),), "value"),
    "sign of one": ((value(ONE),), (value(np.abs(ONE)),), "value"),
    "whole numbers": ((value(np.array([1, 2])),), (value(np.array([1, 3])),), "value"),
    "words": ((value(np.array(["a"])),), (value(np.array(["b"])),), "value"),
    "nan on one side": ((value(ONE),), (value(NAN),), "nan"),
    "infinity on one side": ((value(ONE[:1]),), (value(INFINITY),), "nan"),
    "infinities": ((value(INFINITY),), (value(-INFINITY),), "nan"),
    "dtype": ((value(ONE),), (value(ONE.astype("float64")),), "dtype"),
    "a dtype NumPy has not": ((value(ONE),), (value(ONE, dtype="bfloat16"),), "dtype"),
    "shape": ((value(ONE),), (value(ONE[:, None]),), "shape"),
    "one more": ((value(ONE, "0"),), (value(ONE, "0"), value(ONE, "1")), "structure"),
    "error on one side": ((value(ONE),), Raised("ValueError", "no"), "error"),
}
ALIKE = {
    "the same": ((value(ONE),), (value(ONE.copy()),)),
    "nan on both sides": ((value(NAN),), (value(NAN.copy()),)),
    "infinities of one sign": ((value(INFINITY),), (value(INFINITY.copy()),)),
    "errors on both sides": (Raised("ValueError", "no"), Raised("TypeError", "never")),
    "nothing": ((), ()),
    "empty": ((value(ONE[:0]),), (value(ONE[:0]),)),
}


@pytest.mark.parametrize("name", PARTED)
def test_lanes_part(name: str) -> None:
    a, b, kind = PARTED[name]
    (part,) = parts(lanes(a, b))
    assert (part.kind, str(part)) == (kind, f"ops.x/y eager float32 {kind}")
    assert all(part.texts.values())
    assert [other.kind for other in parts(lanes(b, a))] == [kind]


@pytest.mark.parametrize("name", ALIKE)
def test_lanes_do_not_part(name: str) -> None:
    assert parts(lanes(*ALIKE[name])) == []


@pytest.mark.parametrize(
    ("ulps", "kinds"),
    [
        (0.9 * SAME, []),
        (1.1 * SAME, ["rounding"]),
        (0.9 * ROUNDING, ["rounding"]),
        (1.1 * ROUNDING, ["value"]),
    ],
)
def test_rounding_ends_where_it_is_said_to(ulps: float, kinds: list[str]) -> None:
    a, b = value(ONE.astype("float64"), dtype="float32"), value(moved(ulps), dtype="float32")
    assert [part.kind for part in parts(lanes((a,), (b,)))] == kinds


def test_the_widest_rounding_of_both_is_allowed() -> None:
    a = value(ONE, dtype="float16")
    b = value(moved(SAME * 100), dtype="float16")
    assert parts(lanes((a,), (b,), dtype="float16")) == []


def test_a_small_number_beside_a_large_one_is_measured_by_a_thousandth_of_it() -> None:
    a, b = np.array([1e6, 1e-6], "float32"), np.array([1e6, 2e-6], "float32")
    assert parts(lanes((value(a),), (value(b),))) == []
    assert parts(lanes((value(a[1:]),), (value(b[1:]),)))


def test_the_reference_says_which_side_is_right() -> None:
    wrong, right = (value(ONE * 2),), (value(ONE),)
    exact = (value(ONE.astype("float64")),)
    made = lanes(wrong, right)
    for name in made:
        made[name] += [Outcome("ops.x/y", "float64", {"eager": exact})]
    assert [part.nearer for part in parts(made)] == [("b",)]
    made["numpy"] = [Outcome("ops.x/y", "float64", {"eager": (value(ONE.astype("float64") * 2),)})]
    assert [part.nearer for part in parts(made)] == [("a",)], "a third opinion goes before"


def test_without_a_reference_nobody_is_right() -> None:
    assert parts(lanes((value(ONE),), (value(ONE * 2),)))[0].nearer == ()


def test_a_lane_that_compiles_something_else_parts_from_itself() -> None:
    outcome = Outcome("ops.x/y", "float32", {"eager": (value(ONE),), "compiled": (value(-ONE),)})
    (part,) = within([outcome], "a")
    assert (part.aspect, part.kind) == ("compiled-by-a", "value")
    outcome.results["compiled"] = (value(ONE),)
    assert list(within([outcome], "a")) == []
