"""What `--set` says."""

from __future__ import annotations

import pytest

from keras3_lab.errors import UsageError
from keras3_lab.studies.values import parse

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1,0.01", [0.1, 0.01]),
        ("0, 0.9", [0, 0.9]),
        ("true,false", [True, False]),
        ("1e-4:1e-2:log", [1e-4, 0.000316227766, 1e-3, 0.00316227766, 1e-2]),
        ("1e-4:1e-2:log:3", [1e-4, 1e-3, 1e-2]),
        ("0:1:lin:3", [0.0, 0.5, 1.0]),
        ("-1:1:lin:2", [-1.0, 1.0]),
    ],
)
def test_values_and_ranges(text: str, expected: list) -> None:
    found = parse([f"x={text}"])["x"]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_several_settings_are_kept_apart() -> None:
    assert parse(["b=1", "a=2"]) == {"b": [1], "a": [2]}


@pytest.mark.parametrize(
    "text",
    ["x", "=1", "x=", "x=a", "x=1:2", "x=1:2:log:1", "x=2:1:lin", "x=0:1:log", "x=1:2:cubic",
     "x=nan", "x=1:inf:lin", "x=1:2:lin:3:4", "x=1,,2"],
)  # fmt: skip
def test_what_cannot_be_understood_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="--set") as raised:
        parse([text])
    assert "received: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_setting_that_comes_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="x again"):
        parse(["x=1", "x=2"])
