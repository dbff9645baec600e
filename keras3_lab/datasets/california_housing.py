"""California housing: the block groups of the census of 1990; its sample is synthetic.

Reference:
    R. K. Pace, R. Barry, "Sparse Spatial Autoregressions", 1997.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.checks import check_array
from keras3_lab.datasets.specs import KERAS_FILES, Layout, Remote, Sample, Spec
from keras3_lab.datasets.stream import Stream
from keras3_lab.untrusted import read_npz

_N_TRAIN = 16_512
_N_TEST = 4_128

# Centre in hundredths of a degree (longitude, latitude), premium in dollars, frequency.
_TOWNS = np.array(
    [
        (-11825, 3405, 90_000, 8),
        (-12225, 3775, 130_000, 5),
        (-12190, 3730, 110_000, 3),
        (-11715, 3275, 70_000, 3),
        (-12145, 3855, 15_000, 2),
        (-11980, 3675, -20_000, 2),
        (-11900, 3535, -30_000, 1),
        (-12235, 4055, -40_000, 1),
        (-11655, 3385, 0, 1),
    ]
)


def read(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    """Read the rows, and shuffle and split them as `keras.datasets.california_housing` does."""
    count = spec.n_train + spec.n_test
    x, y = read_npz(files[0], {"x": (count, *spec.shape), "y": (count,)}).values()
    check_array(x, (count, *spec.shape), np.dtype(np.float32), f"{files[0]}: x")
    check_array(y, (count,), np.dtype(np.float32), f"{files[0]}: y")
    order = np.arange(count)
    np.random.RandomState(113).shuffle(order)
    train, test = order[: spec.n_train], order[spec.n_train :]
    return Arrays(x[train], y[train], x[test], y[test])


def sample() -> Arrays:
    """Make up rows in the columns, value ranges and rough correlations of the real data.

    The target depends on income, on the distance to a town and its price level, on both
    together, on age and on crowding; noise and the cap at 500,001 come on top. Nothing here is
    fit for a statement about California.

    Returns:
        float32 rows `(16512, 8)` and `(4128, 8)`: longitude and latitude in degrees, age in
        years, counts of rooms, bedrooms, people and households, income in units of 10,000
        dollars; float32 targets in dollars.
    """
    n = _N_TRAIN + _N_TEST
    draw = Stream(1990)  # the year of the census

    towns = np.repeat(_TOWNS, _TOWNS[:, 3], axis=0)
    town = towns[draw.integers(0, len(towns), (n,))]
    east, north = draw.bell(35, (n,)), draw.bell(30, (n,))
    longitude = np.clip(town[:, 0] + east, -12435, -11431)
    latitude = np.clip(town[:, 1] + north, 3254, 4195)
    location = town[:, 2] * 900 // (900 + east**2 + north**2)

    income = 12_000 + draw.integers(0, 22_000, (n,)) + location // 8  # dollars
    income += draw.integers(0, 40_000, (n,)) * draw.integers(0, 1000, (n,)) // 1000
    income += draw.integers(0, 400, (n,)) ** 4 // 400_000  # few are rich
    income = np.clip(income, 4_999, 150_001)
    age = np.clip(draw.integers(1, 60, (n,)), 1, 52)
    households = 1 + draw.integers(0, 200, (n,)) * draw.integers(0, 200, (n,)) * draw.integers(
        0, 6_082, (n,)
    ) // (200 * 200)
    # per household, in hundredths
    people = np.clip(290 + draw.bell(60, (n,)), 110, 580)
    rooms = np.clip(380 + income // 300 + draw.bell(60, (n,)), 150, 640)
    bedrooms = np.clip(105 + draw.bell(6, (n,)), 80, 105)

    value = 5_000 + income * 34 // 10 + location + income * location // 90_000
    value += (age - 28) * 600 - np.maximum(people - 300, 0) * 300 + (rooms - 500) * 50
    value = np.clip(value + draw.bell(35_000, (n,)), 14_999, 500_001)

    columns = (
        longitude / 100,
        latitude / 100,
        age,
        np.maximum(households * rooms // 100, 2),
        np.maximum(households * bedrooms // 100, 1),
        np.maximum(households * people // 100, 3),
        households,
        income / 10_000,
    )
    x = np.stack(columns, axis=1).astype(np.float32)
    y = value.astype(np.float32)
    return Arrays(x[:_N_TRAIN], y[:_N_TRAIN], x[_N_TRAIN:], y[_N_TRAIN:])


SPEC = Spec(
    name="california_housing",
    n_train=16_512,
    n_test=4_128,
    shape=(8,),
    sha256="d2977c3e4338df82627489fe719bd5e9f15280e12eb1783a0e75ca5b38cf587d",
    # The columns as StatLib has them: totals per block group. The docstring of
    # `keras.datasets.california_housing` lists other ones, those of scikit-learn.
    feature_names=(
        "longitude",
        "latitude",
        "housing_median_age",
        "total_rooms",
        "total_bedrooms",
        "population",
        "households",
        "median_income",
    ),
    feature_ranges=(
        (-124.35, -114.31),
        (32.54, 41.95),
        (1, 52),
        (2, 39_320),
        (1, 6_445),
        (3, 35_682),
        (1, 6_082),
        (0.4999, 15.0001),
    ),
    target_range=(14_999, 500_001),
    layouts=(Layout(names=("california_housing.npz",), read=read),),
    layout_text="california_housing.npz",
    remotes=(
        Remote(
            "california_housing.npz",
            KERAS_FILES + "california_housing.npz",
            file_hash="1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
        ),
    ),
    sample=Sample(
        make=sample,
        text="16,512 + 4,128 synthetic rows in the value ranges of the real ones",
        synthetic=True,
    ),
)
