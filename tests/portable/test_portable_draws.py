import hashlib
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras3_lab.errors import UsageError
from keras3_lab.portable import batch_order, draws, seed_word
from keras3_lab.portable.order import _argsort


def test_the_quantile_is_accurate_to_the_last_digits():
    p = np.concatenate([np.linspace(1e-4, 1 - 1e-4, 2001), 2.0 ** -np.arange(2, 53)])
    expected = np.array([NormalDist().inv_cdf(value) for value in p])
    np.testing.assert_allclose(draws.normal_quantile(p), expected, rtol=3e-15, atol=3e-16)


def test_the_logarithm_is_accurate_to_the_last_digits():
    x = np.concatenate([np.linspace(1e-3, 1 - 1e-9, 5001), 2.0 ** -np.arange(1, 60)])
    np.testing.assert_allclose(draws._log(x), np.log(x), rtol=5e-16)


def test_extreme_words_give_finite_symmetric_values():
    words = np.array([0, 2**64 - 1], np.uint64)
    low, high = draws.standard_normal(words)
    assert -8.4 < low == -high < -8.0
    assert draws.uniform(words)[1] < 1.0
    assert np.abs(draws.truncated_normal(words)).max() <= 2.0


@pytest.mark.parametrize(
    ("transform", "variance", "fourth"),
    [
        (lambda w: draws.uniform(w) - 0.5, 1 / 12, 1 / 80),
        (draws.standard_normal, 1.0, 3.0),
        (draws.truncated_normal, 0.87962566103423978**2, 1.41626),
    ],
    ids=["uniform", "normal", "truncated"],
)
def test_moments(transform, variance, fourth):
    x = transform(draws.raw_words(1, (9,), 400_000))
    assert abs(x.mean()) < 5 * np.sqrt(variance / x.size)
    assert x.var() == pytest.approx(variance, rel=0.01)
    assert (x**4).mean() == pytest.approx(fourth, rel=0.03)


def test_values_are_pinned_on_every_processor():
    words = draws.raw_words(7, (1, 2), 100_000)
    values = [f(words) for f in (draws.uniform, draws.standard_normal, draws.truncated_normal)]
    digest = hashlib.sha256(np.concatenate(values).astype("<f8").tobytes()).hexdigest()
    assert digest == "5e5dae44949405fe1907defd7a6e7889cc967f0d08b821f97e239f28f8747a61"


def test_values_do_not_depend_on_the_block_they_are_computed_in():
    words = draws.raw_words(7, (1,), draws._CHUNK + 100)
    np.testing.assert_array_equal(
        draws.standard_normal(words)[-50:], draws.standard_normal(words[-50:])
    )


@pytest.mark.parametrize("seed", [-1, 1.0, None, "7", True])
def test_a_bad_seed_is_named(seed):
    with pytest.raises(UsageError, match=f"`seed`.*received: seed={seed!r}"):
        batch_order(seed, 0, 3)


def test_seed_words_are_32_bits_and_differ():
    words = {seed_word(seed, index) for seed in range(20) for index in range(20)}
    assert len(words) == 400
    assert max(words) < 2**32


@given(st.integers(0, 2**70), st.integers(0, 2**40), st.integers(0, 3000))
def test_an_order_is_a_permutation(seed, epoch, size):
    order = batch_order(seed, epoch, size)
    assert order.dtype == np.int32
    np.testing.assert_array_equal(np.sort(order), np.arange(size))
    np.testing.assert_array_equal(order, batch_order(seed, epoch, size))


def test_epochs_seeds_and_sizes_have_orders_of_their_own():
    orders = [batch_order(s, e, 100) for s in range(3) for e in range(3)]
    assert len({order.tobytes() for order in orders}) == 9


def test_equal_words_keep_their_order():
    words = np.tile(np.array([5, 3, 5, 1], np.uint64), 500)
    np.testing.assert_array_equal(_argsort(words), np.argsort(words, kind="stable"))


def test_every_row_comes_at_every_place_equally_often():
    size, epochs = 10, 5000
    counts = np.zeros((size, size))
    for epoch in range(epochs):
        counts[np.arange(size), batch_order(1, epoch, size)] += 1
    chi2 = ((counts - epochs / size) ** 2 / (epochs / size)).sum()  # 81 degrees of freedom
    assert 30 < chi2 < 150


def test_epochs_are_uncorrelated():
    first, second = (batch_order(1, epoch, 50_000) / 50_000 - 0.5 for epoch in (0, 1))
    assert abs((first * second).mean() * 12) < 5 / np.sqrt(50_000)


@pytest.mark.parametrize(("epoch", "size"), [(-1, 3), (0, -3)])
def test_negative_epoch_or_size_is_named(epoch, size):
    with pytest.raises(UsageError, match=f"epoch={epoch}, size={size}"):
        batch_order(0, epoch, size)
