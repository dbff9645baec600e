"""Statistics of gate G2, against NumPy and SciPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from keras3_lab.parity.compare.statistics import (
    Equivalence,
    distance,
    envelope,
    equivalence,
    margin_of,
    window_means,
)

pytestmark = pytest.mark.once


def test_a_run_is_cut_into_20_equal_parts() -> None:
    losses = np.arange(100.0)
    np.testing.assert_allclose(window_means(losses), losses.reshape(20, 5).mean(axis=1))
    assert len(window_means(np.arange(41.0))) == 20
    np.testing.assert_array_equal(window_means(np.arange(3.0)), np.arange(3.0))


def test_means_are_taken_in_float64() -> None:
    losses = np.full(4000, 1.1, "float32")
    np.testing.assert_allclose(window_means(losses), float(np.float32(1.1)), rtol=1e-14)


def test_the_distance_is_the_largest_relative_one_of_a_part() -> None:
    base = np.linspace(2, 1, 200)
    other = base.copy()
    other[50:60] *= 1.02
    other[120:130] *= 0.97
    assert distance(base, other) == pytest.approx(0.03)
    assert distance(other, base) == pytest.approx(0.03)
    # One step of a part's ten.
    single = base.copy()
    single[55] *= 1.1
    assert distance(base, single) == pytest.approx(0.01, rel=0.05)


def test_a_part_next_to_zero_is_measured_against_a_thousandth_of_the_median() -> None:
    base = np.ones(200)
    base[190:] = 1e-9
    other = base.copy()
    other[190:] = 1e-6
    assert distance(base, other) == pytest.approx(1e-3, rel=0.01)
    assert distance(np.zeros(20), np.zeros(20)) == 0.0


def test_a_run_that_is_not_finite_is_infinitely_far() -> None:
    base = np.ones(100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it would stand in the middle of the report
        for value in (np.inf, np.nan):
            assert distance(base, base * value) == np.inf


def test_runs_of_different_length_are_compared_as_far_as_both_go() -> None:
    base = np.linspace(2, 1, 200)
    assert distance(base, base[:100]) == 0.0


def test_the_envelope_is_the_widest_distance_of_any_two_runs() -> None:
    base = np.ones(100)
    runs = [base, base * 1.001, base * 0.999]
    assert envelope(runs) == pytest.approx(0.002, rel=1e-2)
    assert envelope(runs[:1]) == 0.0


@pytest.mark.parametrize("seeds", [2, 5, 12])
def test_the_interval_is_that_of_a_paired_t_test_at_90_percent(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    one, other = rng.normal(size=(2, seeds))
    expected = stats.ttest_rel(one, other).confidence_interval(0.90)
    found = equivalence(one, other, 0.1)
    assert found.mean == pytest.approx((one - other).mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=2e-3)
    assert (found.margin, found.seeds) == (0.1, seeds)


def test_one_seed_shows_nothing() -> None:
    alone = equivalence(np.array([0.9]), np.array([0.1]), 0.01)
    assert (alone.shown, alone.refuted) == (False, False)


def test_equivalence_must_be_shown() -> None:
    rng = np.random.default_rng(0)
    accuracy = 0.88 + 0.003 * rng.normal(size=8)
    same = equivalence(accuracy, accuracy + 0.002 * rng.normal(size=8), 0.01)
    worse = equivalence(accuracy, accuracy - 0.02, 0.01)
    noisy = equivalence(accuracy[:2], accuracy[:2] + np.array([0.02, -0.02]), 0.01)
    assert (same.shown, same.refuted) == (True, False)
    assert (worse.shown, worse.refuted) == (False, True)
    assert (noisy.shown, noisy.refuted) == (False, False)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("near", "far", "shown", "refuted"),
    [
        (-0.099, 0.099, True, False),
        (0.05, 0.1, False, False),  # reaches the margin
        (0.1, 0.3, False, False),
        (0.101, 0.3, False, True),
    ],
)
def test_the_whole_interval_has_to_lie_within_the_margin_or_outside(
    near: float, far: float, shown: bool, refuted: bool, sign: int
) -> None:
    low, high = sorted((sign * near, sign * far))
    found = Equivalence((low + high) / 2, low, high, margin=0.1, seeds=5)
    assert (found.shown, found.refuted) == (shown, refuted)


@pytest.mark.parametrize(
    ("metric", "margin"),
    [
        ("accuracy", 0.01),
        ("val_accuracy", 0.01),
        ("val_sparse_categorical_accuracy", 0.01),
        ("acc", 0.01),
        ("val_acc", 0.01),
        ("val_loss", 0.05 * 3),
        ("val_mae", 0.05 * 3),
    ],
)
def test_the_margin_is_a_point_of_accuracy_or_5_percent(metric: str, margin: float) -> None:
    assert margin_of(metric, np.array([2.0, -4.0])) == pytest.approx(margin)
