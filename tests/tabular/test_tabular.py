"""The layers for rows of numbers: what they compute, on both backends, in either dtype."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab.errors import UsageError
from keras3_lab.layers import Crossed, MeanOfMembers, Neighbours
from keras3_lab.portable import initialize, weights_digest

PLACES = np.random.default_rng(0).uniform(-1, 1, (60, 3)).round(2)
PRICES = PLACES[:, 0] + np.abs(PLACES[:, 1])


def neighbours(capacity: int = 60, dtype: str | None = None) -> Neighbours:
    layer = Neighbours(capacity, (0, 1), ((0.1, 0.2), (0.3, None)), dtype=dtype)
    layer.adapt(PLACES, PRICES)
    return layer


def expected(x: np.ndarray, leave_out: bool) -> np.ndarray:
    """The weighted means, row by row."""
    standardized = (PRICES - PRICES.mean()) / PRICES.std()
    means = np.zeros((len(x), 2))
    for row, place in enumerate(x):
        apart = place[:2] - PLACES[:, :2]
        kept = (apart != 0).any(axis=1) if leave_out else np.full(len(PLACES), True)
        for kernel, reach in enumerate(((0.1, 0.2), (0.3, np.inf))):
            weight = (1 + ((apart / reach) ** 2).sum(axis=1)) ** -3.0
            means[row, kernel] = np.average(standardized[kept], weights=weight[kept])
    return means


@pytest.mark.parametrize("training", [False, True])
def test_neighbours_are_weighted_means_without_the_row_itself(training: bool) -> None:
    found = np.asarray(neighbours()(PLACES.astype("float32"), training=training))
    np.testing.assert_allclose(found, expected(PLACES, training), atol=2e-5)


def test_room_left_over_changes_nothing() -> None:
    x = PLACES[:9].astype("float32")
    exact, roomy = (np.asarray(neighbours(capacity)(x)) for capacity in (60, 75))
    np.testing.assert_allclose(roomy, exact, rtol=1e-5)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(UsageError, match="stores 59 rows; received: 60"):
        neighbours(capacity=59)


def test_stored_rows_are_the_same_in_float64(really_float64) -> None:
    digests = {weights_digest(neighbours(dtype=dtype)) for dtype in ("float32", "float64")}
    assert len(digests) == 1
    found = np.asarray(neighbours()(PLACES, training=True))
    np.testing.assert_allclose(found, expected(PLACES, leave_out=True), rtol=1e-12, atol=1e-12)


def test_crossed_shares_interpolate() -> None:
    layer = Crossed(low=(0.0, 10.0), high=(3.0, 13.0), knots=4)
    x = np.random.default_rng(1).uniform((0, 10), (3, 13), (50, 2)).astype("float32")
    shares = np.asarray(layer(x)).reshape(-1, 4, 4)
    np.testing.assert_allclose(shares.sum(axis=(1, 2)), 1, atol=1e-5)
    assert ((shares > 0).sum(axis=(1, 2)) <= 4).all()
    knots = np.arange(4)
    np.testing.assert_allclose(shares.sum(axis=2) @ knots, x[:, 0], atol=1e-5)
    np.testing.assert_allclose(shares.sum(axis=1) @ (knots + 10), x[:, 1], atol=1e-5)


def test_the_loss_with_the_spread_is_the_members_own() -> None:
    inputs = keras.Input((4, 1))
    model = keras.Model(inputs, MeanOfMembers()(inputs))
    model.compile(loss="mse")
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 4, 1)), rng.normal(size=(30, 1))
    loss = keras3_lab.evaluate(model, x, y, batch_size=30, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(np.square(x - y[:, None]).mean(), rel=1e-5)
    assert loss > np.square(x.mean(axis=1) - y).mean() * 1.1


def test_a_saved_model_predicts_the_same(tmp_path) -> None:
    inputs = keras.Input((3,))
    near = Neighbours(60, (0, 1), ((0.1, 0.2), (0.3, None)))
    features = [near(inputs), Crossed((-1.0, -1.0), (1.0, 1.0), 3)(inputs[:, :2])]
    x = keras.layers.RepeatVector(2)(keras.layers.Concatenate()(features))
    model = keras.Model(inputs, MeanOfMembers()(keras.layers.Dense(1)(x)))
    initialize(model, 1)
    near.adapt(PLACES, PRICES)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    one, other = (keras3_lab.predict(each, PLACES, verbose=0) for each in (model, loaded))
    np.testing.assert_array_equal(one, other)
