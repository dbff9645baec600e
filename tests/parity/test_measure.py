"""How far two arrays, or the figures of two runs, are apart."""

from __future__ import annotations

import numpy as np
import pytest

from keras3_lab.parity.compare.measure import (
    largest_difference,
    magnitude,
    step_differences,
    typical_scale,
)

pytestmark = pytest.mark.once


def test_apart_measures_against_the_largest_entry() -> None:
    found = largest_difference(np.array([1e-30, 2.0, 4.0]), np.array([0.0, 2.0, 4.4]))
    assert found.relative == pytest.approx(0.4 / 4.4)
    assert (found.at, found.values) == ((2,), (4.0, 4.4))


def test_apart_measures_small_arrays_against_their_kind() -> None:
    one, other = np.array([[1e-17, 0.0]]), np.array([[1e-17, 3e-17]])
    assert largest_difference(one, other).relative == pytest.approx(1.0)
    found = largest_difference(one, other, scale=0.5)
    assert found.relative == pytest.approx(6e-17)
    assert found.at == (0, 1)
    # It never makes a difference larger.
    assert largest_difference(np.array([2.0]), np.array([4.0]), scale=0.5).relative == 0.5


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([np.nan, 1], [np.nan, 1], 0.0),
        ([np.nan, 1], [1, 1], np.inf),
        ([1, 1], [np.nan, 1], np.inf),
        ([np.inf], [np.inf], 0.0),
        ([np.inf], [1.0], np.inf),
        ([np.inf], [-np.inf], np.inf),
        ([np.nan], [np.inf], np.inf),
        ([np.nan], [0.0], np.inf),
        ([1, 2, 3], [1, 2], np.inf),
        ([[1, 2]], [[1], [2]], np.inf),
        ([], [], 0.0),
        ([0.0], [0.0], 0.0),
        ([0.0], [-0.0], 0.0),
    ],
)
def test_apart_knows_what_is_not_finite_and_what_has_no_scale(one, other, expected) -> None:
    assert largest_difference(np.array(one, float), np.array(other, float)).relative == expected


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
def test_integers_are_the_same_or_not(dtype: str) -> None:
    one, other = np.array([1, 1, 0], dtype), np.array([1, 0, 0], dtype)
    assert largest_difference(one, other, scale=1e9).relative == np.inf
    assert largest_difference(one, one.copy()).relative == 0.0
    # Another width of integer is no difference.
    assert largest_difference(one, one.astype("int64")).relative == 0.0


def test_integers_against_floats_are_measured() -> None:
    assert largest_difference(np.array([10**6]), np.array([10**6 + 1.0])).relative == pytest.approx(
        1e-6
    )


def test_magnitude_passes_over_what_is_not_finite() -> None:
    assert magnitude(np.array([1.0, -3.0, np.inf, np.nan])) == 3.0
    assert magnitude(np.array([np.nan])) == 0.0


def test_the_typical_scale_is_the_median_of_floating_point_arrays() -> None:
    arrays = {
        "small": np.array([1e-17]),
        "middle": np.array([0.1, -2.0], "float32"),
        "large": np.array([100.0]),
        "count": np.array([10**6]),
        "nothing": np.zeros(0),
    }
    assert typical_scale(arrays) == 2.0
    assert typical_scale({"count": np.array([7])}) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (2.0, 2.2, 0.2 / 2.2),  # of the larger
        (-2.0, -2.2, 0.2 / 2.2),
        (0.002, 0.0022, 0.0002 / 0.0022),  # more than a thousandth of the median, 1
        (0.0005, 0.0006, 0.1),  # less: 0.0001 / 0.001
        (1e-9, 1e-9 + 1e-12, 1e-9),
        (np.nan, np.nan, 0.0),
        (np.nan, 1.0, np.inf),
        (np.inf, np.inf, 0.0),
        (np.inf, 1.0, np.inf),
        (np.inf, -np.inf, np.inf),
    ],
)
def test_figures_of_a_step_are_measured_against_the_larger_or_the_median(
    one: float, other: float, expected: float
) -> None:
    first, second = np.ones(5), np.ones(5)
    first[2], second[2] = one, other
    found = step_differences(first, second)
    assert found[2] == pytest.approx(expected)
    assert not np.delete(found, 2).any()


def test_the_steps_that_both_runs_have_are_measured() -> None:
    assert step_differences(np.ones(5), np.ones(3)).shape == (3,)
    assert step_differences(np.ones(5), np.zeros(0)).shape == (0,)
    assert not step_differences(np.zeros(3), np.zeros(3)).any()
