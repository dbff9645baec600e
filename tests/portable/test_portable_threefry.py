import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras3_lab.portable import random_bits, threefry_2x32

words = st.integers(0, 2**32 - 1)
keys = st.tuples(words, words).map(lambda pair: np.array(pair, np.uint32))

# Random123's kat_vectors: rounds, counter, key, result.
ZERO, ONES = (0, 0), (0xFFFFFFFF, 0xFFFFFFFF)
PI = ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344))
KNOWN = [
    (13, ZERO, ZERO, (0x9D1C5EC6, 0x8BD50731)),
    (13, ONES, ONES, (0xFD36D048, 0x2D17272C)),
    (13, *PI, (0xBA3E4725, 0xF27D669E)),
    (20, ZERO, ZERO, (0x6B200159, 0x99BA4EFE)),
    (20, ONES, ONES, (0x1CB996FC, 0xBB002BE7)),
    (20, *PI, (0xC4923A9C, 0x483DF7A0)),
]


def backend_bits(key, shape):
    return keras.ops.convert_to_numpy(random_bits(key, shape))


@pytest.mark.parametrize("xp", [np, keras.ops], ids=["host", "backend"])
@pytest.mark.parametrize(("rounds", "counter", "key", "expected"), KNOWN)
def test_known_answers(rounds, counter, key, expected, xp):
    def pair(words):
        return tuple(np.array([word], np.uint32) for word in words)

    result = threefry_2x32(pair(key), pair(counter), rounds, xp=xp)
    assert tuple(int(np.asarray(word)[0]) for word in result) == expected


@settings(max_examples=15, deadline=None)
@given(key=keys, shape=st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple))
def test_backend_and_host_agree(key, shape):
    bits = backend_bits(key, shape)
    assert bits.dtype == np.uint32
    assert bits.shape == shape
    np.testing.assert_array_equal(bits, random_bits(key, shape, xp=np))


@given(key=keys, short=st.integers(0, 700), extra=st.integers(0, 700))
def test_a_word_does_not_depend_on_how_many_follow(key, short, extra):
    longer = random_bits(key, (short + extra,), xp=np)
    np.testing.assert_array_equal(random_bits(key, (short,), xp=np), longer[:short])


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (127,), (128,), (129,)])
def test_odd_shapes(shape):
    key = np.array([5, 6], np.uint32)
    np.testing.assert_array_equal(backend_bits(key, shape), random_bits(key, shape, xp=np))


BITS = random_bits(np.array([11, 0], np.uint32), (1 << 18,), xp=np)


def test_bytes_are_uniform():
    counts = np.bincount(BITS.view(np.uint8), minlength=256)
    expected = counts.mean()
    chi2 = ((counts - expected) ** 2 / expected).sum()  # 255 degrees of freedom
    assert 150 < chi2 < 375  # ±5 sigma


def test_words_are_uniform_in_the_sense_of_kolmogorov_and_smirnov():
    u = np.sort(BITS / 2.0**32)
    distance = np.abs(u - (np.arange(u.size) + 0.5) / u.size).max()
    assert distance * np.sqrt(u.size) < 1.95  # p = 0.001


@pytest.mark.parametrize("lag", [1, 2, 63, 64, 65, 128])
def test_neighbours_are_uncorrelated(lag):
    u = BITS / 2.0**32 - 0.5
    correlation = (u[lag:] * u[:-lag]).mean() * 12
    assert abs(correlation) < 5 / np.sqrt(u.size)


@pytest.mark.parametrize("other", [(11, 1), (11, 2), (12, 0), (12, 1), (0, 11), (11, 1 << 31)])
def test_steps_layers_and_seeds_are_uncorrelated(other):
    u = BITS / 2.0**32 - 0.5
    v = random_bits(np.array(other, np.uint32), u.shape, xp=np) / 2.0**32 - 0.5
    assert abs((u * v).mean() * 12) < 5 / np.sqrt(u.size)


@pytest.mark.parametrize("word", [0, 1])
def test_one_key_bit_flips_half_of_the_result(word):
    for bit in range(32):
        key = np.array([11, 0], np.uint32)
        key[word] ^= np.uint32(1 << bit)
        flipped = np.bitwise_count(random_bits(key, (4096,), xp=np) ^ BITS[:4096])
        # 131,072 fair coins: the mean of 32 per word has a standard deviation of 0.044.
        assert abs(flipped.mean() - 16) < 0.25
