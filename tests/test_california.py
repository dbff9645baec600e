"""California housing: what the notes' code really computes, and what the repairs change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import keras3_lab
from keras3_lab import datasets, recipes
from keras3_lab.splits import housing


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Some hundred steps on some of the sample, by variant."""
    recipe = replace(recipes.get("california/aux-output"), dataset=few, batch_size=40, epochs=8)
    out = tmp_path_factory.mktemp("runs")
    return {
        variant: keras3_lab.run(recipe, variant=variant, seed=1, out=out)
        for variant in recipes.VARIANTS
    }


def few() -> datasets.Dataset:
    """3,200 rows to train on, 800 to validate, 1,000 to test."""
    sample = datasets.load("california_housing", source="sample")
    arrays = (sample.x_train[:5000], sample.y_train[:5000], sample.x_test, sample.y_test)
    return datasets.from_arrays(sample.name, *arrays, origin="stand-in")


@pytest.mark.long
def test_the_notes_second_compile_drops_the_loss_weights(trained) -> None:
    for variant, weights in (("as-noted", (1, 1)), ("corrected", (0.9, 0.1))):
        record = trained[variant].record
        parts = (record["metrics"][f"test_{name}_loss"] for name in ("price", "auxiliary"))
        total = sum(weight * loss for weight, loss in zip(weights, parts, strict=True))
        assert record["metrics"]["test_loss"] == pytest.approx(total, rel=1e-5)
    assert trained["as-noted"].record["settings"]["loss_weights"] is None


def test_dollars_as_target_are_out_of_reach_at_first(trained) -> None:
    """640 steps of about a thousandth: the network has not found the size of a price."""
    assert trained["as-noted"].record["metrics"]["test_price_r2"] < 0.3
    assert trained["corrected"].record["metrics"]["test_price_r2"] > 0.5


def test_the_notes_slices_cut_rows() -> None:
    prices = datasets.load("california_housing", source="sample").y_train
    assert prices[:5].shape == (5,)
    assert prices[2:].shape == (len(prices) - 2,)


def test_baselines_see_the_same_rows_and_all_columns(trained) -> None:
    record = trained["corrected"].record
    rows = {row[0]: row[1:] for row in record["findings"][0]["rows"]}
    assert rows["california/aux-output"][0] == pytest.approx(
        record["metrics"]["test_price_r2"], abs=1e-4
    )
    parts = housing(few())
    design, test = (np.c_[x, np.ones(len(x))] for x in (parts.x_train, parts.x_test))
    solution, *_ = np.linalg.lstsq(design.astype("float64"), parts.y_train, rcond=None)
    error = np.abs(test @ solution - parts.y_test).mean()
    assert rows["LinearRegression"][1] == pytest.approx(error, rel=1e-3)
    assert rows["HistGradientBoostingRegressor"][0] > rows["LinearRegression"][0]
    assert record["files"]["predictions"] == "predictions.png"
