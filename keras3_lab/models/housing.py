"""Networks that predict house prices in dollars from California's eight columns."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras3_lab.layers import Crossed, MeanOfMembers, Neighbours

HIDDEN = 30
MEMBERS, UNITS = 8, 128
WAVES = 4  # frequencies of longitude and latitude

# Longitude and latitude of California, a knot each quarter of a degree.
LOW, HIGH, KNOTS = (-124.5, 32.5), (-114.25, 42.75), 42

TRAINING_ROWS = 10_567
# Degrees east and north, and tens of thousands of dollars of income: the very neighbours, and
# those of alike income within some kilometres and some more.
PLACE_AND_INCOME = (0, 1, 7)
REACHES = ((0.0125, 0.01, None), (0.025, 0.02, 1.0), (0.0625, 0.05, 1.0))


def wide_deep(
    *, repaired: bool, crossed: bool = False, auxiliary: str | None = None
) -> keras.Model:
    """Build N0's wide & deep network: deep – Dense(30, relu) ×2, beside wide – Dense(1).

    Args:
        repaired: Whether both inputs pass through a `Normalization` and the outputs through one
            the other way round, so that the network computes in standard deviations and predicts
            dollars. N0 overwrites its inputs by the former, so that the model starts behind them,
            and has no latter.
        crossed: Whether the wide part crosses longitude and latitude.
        auxiliary: `None` for one output; `"own"` for a second one, a `Dense(1)` on the deep path;
            `"shared"` for N0's, which is the first one's layer on the first one's tensor.

    Returns:
        An uncompiled `keras.Model` from a dict of `"wide"`, `(batch, 5)`, and `"deep"`,
        `(batch, 6)`, to `(batch, 1)`, or to a dict of that by `"price"` and `"auxiliary"`.
    """
    inputs = {"wide": keras.Input((5,), name="wide"), "deep": keras.Input((6,), name="deep")}
    x, wide = inputs["deep"], [inputs["wide"]]
    if repaired:
        x = keras.layers.Normalization(name="normalized_deep")(x)
        wide = [keras.layers.Normalization(name="normalized_wide")(inputs["wide"])]
    if crossed:
        wide.append(Crossed(LOW, HIGH, KNOTS)(inputs["wide"][:, :2]))
    for _ in range(2):
        x = keras.layers.Dense(HIDDEN, activation="relu")(x)
    dollars = keras.layers.Normalization(invert=True, name="dollars") if repaired else _as_it_is
    output = keras.layers.Dense(1)
    both = keras.layers.Concatenate()([x, *wide])
    price = dollars(output(both))
    if auxiliary is None:
        return keras.Model(inputs, price)
    second = output(both) if auxiliary == "shared" else keras.layers.Dense(1)(x)
    return keras.Model(inputs, {"price": price, "auxiliary": dollars(second)})


def adapt_wide_deep(model: keras.Model, splits: Any) -> None:
    """Set the statistics of a repaired wide & deep network from the training rows.

    Args:
        model: What `wide_deep` built.
        splits: What it is going to be trained on.
    """
    for part, rows in splits.x_train.items():
        # In float64 always: the statistics are then the same in either dtype.
        model.get_layer(f"normalized_{part}").adapt(np.asarray(rows, "float64"))
    price = keras.tree.flatten(splits.y_train)[0]
    model.get_layer("dollars").adapt(np.asarray(price, "float64"))


def neighbourly_members() -> keras.Model:
    """Build an ensemble of small networks that know the neighbourhood.

    The columns, counts and income as logarithms, beside rooms, bedrooms and people per
    household; place as sines and cosines of rising frequency; and what near houses of the
    training part cost. Eight networks of two hidden layers read them, each with weights of its
    own, and their mean predicts.

    Returns:
        An uncompiled `keras.Model` from `(batch, 8)` to `(batch, 1)`.
    """
    columns = keras.Input((8,))
    x = keras.layers.Normalization(name="normalized")(_described(columns, keras.ops))
    place = [x[:, :2] * 2.0**wave for wave in range(WAVES)]
    sines = [function(angle) for angle in place for function in (keras.ops.sin, keras.ops.cos)]
    near = Neighbours(TRAINING_ROWS, PLACE_AND_INCOME, REACHES, name="neighbours")(columns)
    x = keras.layers.Concatenate()([x, *sines, near])
    x = keras.layers.RepeatVector(MEMBERS)(x)
    for _ in range(2):
        x = _member_dense(UNITS, x.shape[-1], 2.0, activation="relu")(x)
    x = _member_dense(1, UNITS, 1.0)(x)
    x = keras.layers.Normalization(invert=True, name="dollars")(x)
    return keras.Model(columns, MeanOfMembers()(x))


def adapt_neighbourly_members(model: keras.Model, splits: Any) -> None:
    """Set statistics and neighbours from the training rows.

    Args:
        model: What `neighbourly_members` built.
        splits: What it is going to be trained on.
    """
    x, y = (np.asarray(part, "float64") for part in (splits.x_train, splits.y_train))
    model.get_layer("normalized").adapt(_described(x, np))
    model.get_layer("neighbours").adapt(x, y)
    model.get_layer("dollars").adapt(y[:, None])


def _described(columns: Any, xp: Any) -> Any:
    """Return place and age, and logarithms of counts, income and counts per household."""
    logs = xp.log(columns[:, 3:])
    return xp.concatenate([columns[:, :3], logs, logs[:, :3] - logs[:, 3:4]], axis=-1)


def _member_dense(units: int, width: int, gain: float, **dense: Any) -> Any:
    # A kernel of three axes counts as a convolution's for Keras's own He initializer.
    initializer = keras.initializers.RandomNormal(stddev=(gain / width) ** 0.5)
    return keras.layers.EinsumDense(
        "bki,kio->bko", (MEMBERS, units), bias_axes="ko", kernel_initializer=initializer, **dense
    )


def _as_it_is(x: Any) -> Any:
    return x
