"""Fractions of the training rows."""

import numpy as np
import pytest

from keras3_lab import datasets
from keras3_lab.errors import UsageError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("name", "fraction"), [("cifar10", 0.1), ("fashion_mnist", 0.999)])
def test_each_class_keeps_its_share(name, fraction):
    whole = datasets.load(name, "sample")
    part = datasets.take_fraction(whole, fraction)
    expected = np.round(np.bincount(whole.y_train) * fraction)
    np.testing.assert_array_equal(np.bincount(part.y_train), expected)
    np.testing.assert_array_equal(part.x_test, whole.x_test)
    assert part.provenance()["fraction"] == fraction
    assert f"{len(part.y_train):,} of its {len(whole.y_train):,} training rows" in part.origin


def test_rows_keep_their_labels_and_their_order():
    whole = datasets.load("mnist", "sample")
    part = datasets.take_fraction(whole, 0.3)
    rows = {(x.tobytes(), int(y)) for x, y in zip(whole.x_train, whole.y_train, strict=True)}
    assert all(
        (x.tobytes(), int(y)) in rows for x, y in zip(part.x_train, part.y_train, strict=True)
    )
    with pytest.raises(ValueError, match="read-only"):
        part.x_train[0] = 0


def test_the_rows_are_the_same_everywhere():
    part = datasets.take_fraction(datasets.load("cifar10", "sample"), 0.05)
    assert part.sha256 == "60a32b752a1797574de7a9c1c47f9a9ad7df4ee45b309c84f3e720d90228b078"


def test_targets_that_are_numbers_have_fractions_too():
    part = datasets.take_fraction(datasets.load("california_housing", "sample"), 0.25)
    assert len(part.y_train) == 4_128


def test_all_of_it_is_the_data_set_itself():
    whole = datasets.load("mnist", "sample")
    assert datasets.take_fraction(whole, 1) is whole


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01, float("nan")])
def test_what_is_no_fraction_is_refused(fraction):
    with pytest.raises(UsageError, match="fraction must be more than 0 and at most 1"):
        datasets.take_fraction(datasets.load("mnist", "sample"), fraction)


def test_too_little_to_train_and_validate_on_is_refused():
    with pytest.raises(UsageError, match=r"take 0\.025 or more"):
        datasets.take_fraction(datasets.load("cifar10", "sample"), 0.02)
