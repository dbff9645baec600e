"""Networks on California's columns: what they know of the training rows, and what they compute."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np

from keras3_lab import datasets, models, recipes
from keras3_lab.layers import Crossed
from keras3_lab.splits import Splits, housing, wide_and_deep


def few() -> datasets.Dataset:
    sample = datasets.load("california_housing", source="sample")
    arrays = (sample.x_train[:500], sample.y_train[:500], sample.x_test, sample.y_test)
    return datasets.from_arrays(sample.name, *arrays, origin="stand-in")


@cache
def built(name: str, variant: str = "corrected") -> tuple[keras.Model, Splits]:
    recipe = recipes.get(name)
    both = ("price", "auxiliary") if name == "california/aux-output" else ()
    parts = housing(few()) if name == "california/best" else wide_and_deep(few(), both)
    return recipe.variant(variant).build(parts, seed=1), parts


def numpy(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_inputs_and_prices_are_normalized_by_the_training_rows() -> None:
    model, parts = built("california/wide-deep")
    known = {
        "normalized_wide": parts.x_train["wide"],
        "normalized_deep": parts.x_train["deep"],
        "dollars": parts.y_train,
    }
    for name, rows in known.items():
        layer, rows = model.get_layer(name), rows.astype("float64")
        np.testing.assert_allclose(np.ravel(numpy(layer.mean)), rows.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(np.ravel(numpy(layer.variance)), rows.var(axis=0), rtol=1e-5)


def test_wide_and_deep_computes_its_two_paths() -> None:
    model, parts = built("california/wide-deep")
    x = {name: rows[:40] for name, rows in parts.x_val.items()}
    deep, wide = (
        (x[name] - (rows := parts.x_train[name].astype("float64")).mean(axis=0)) / rows.std(axis=0)
        for name in ("deep", "wide")
    )
    first, second, last = (
        layer.get_weights() for layer in model.layers if isinstance(layer, keras.layers.Dense)
    )
    for kernel, bias in (first, second):
        deep = np.maximum(deep @ kernel + bias, 0)
    crossed = next(layer for layer in model.layers if isinstance(layer, Crossed))
    cells = numpy(crossed(x["wide"][:, :2]))
    price = np.concatenate([deep, wide, cells], axis=1) @ last[0] + last[1]
    prices = parts.y_train.astype("float64")
    np.testing.assert_allclose(numpy(model(x)), price * prices.std() + prices.mean(), rtol=1e-4)


def test_the_notes_auxiliary_output_is_the_output_and_ours_is_not() -> None:
    for variant, same in (("as-noted", True), ("corrected", False)):
        model, parts = built("california/aux-output", variant)
        found = model(parts.x_val)
        assert np.array_equal(numpy(found["price"]), numpy(found["auxiliary"])) == same


def test_ours_comes_from_the_deep_path_alone() -> None:
    model, parts = built("california/aux-output")
    moved = {"deep": parts.x_val["deep"], "wide": parts.x_val["wide"] + 1}
    before, after = model(parts.x_val), model(moved)
    np.testing.assert_array_equal(numpy(before["auxiliary"]), numpy(after["auxiliary"]))
    assert (numpy(before["price"]) != numpy(after["price"])).all()


def test_the_best_knows_logarithms_and_the_neighbours() -> None:
    model, parts = built("california/best")
    x = parts.x_train.astype("float64")
    logs = np.log(x[:, 3:])
    described = np.concatenate([x[:, :3], logs, logs[:, :3] - logs[:, 3:4]], axis=1)
    layer = model.get_layer("normalized")
    np.testing.assert_allclose(np.ravel(numpy(layer.mean)), described.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(numpy(layer.variance)), described.var(axis=0), rtol=1e-4)
    stored = model.get_layer("neighbours")
    np.testing.assert_array_equal(numpy(stored.rows)[: len(x)], parts.x_train[:, [0, 1, 7]])
    targets = parts.y_train.astype("float64")
    expected = (targets - targets.mean()) / targets.std()
    np.testing.assert_allclose(numpy(stored.targets)[: len(x)], expected, rtol=1e-5, atol=1e-6)
    assert (numpy(stored.rows)[len(x) :] == 1e9).all()


def test_the_best_averages_its_members_in_dollars() -> None:
    model, parts = built("california/best")
    members = keras.Model(model.inputs, model.get_layer("dollars").output)(parts.x_val[:20])
    assert members.shape == (20, 8, 1)
    assert (numpy(members).std(axis=1) > 1).all()
    np.testing.assert_allclose(
        numpy(model(parts.x_val[:20])), numpy(members).mean(axis=1), rtol=1e-5
    )


def test_waves_double_in_frequency() -> None:
    model, parts = built("california/best")
    joined = next(layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    found = numpy(keras.Model(model.inputs, joined.output)(parts.x_val[:20]))
    place = found[:, :2].astype("float64")
    waves = [function(place * 2**wave) for wave in range(4) for function in (np.sin, np.cos)]
    np.testing.assert_allclose(found[:, 11:27], np.concatenate(waves, axis=1), atol=1e-4)
    assert found.shape[1] == 11 + 16 + 3


def test_compiling_again_forgets_loss_weights() -> None:
    """Which is what happens in the notes."""
    model = models.wide_deep(repaired=False, auxiliary="shared")
    x = {"wide": np.ones((4, 5)), "deep": np.ones((4, 6))}
    y = dict.fromkeys(("price", "auxiliary"), np.full((4, 1), 100.0))
    both = dict.fromkeys(y, "mse")
    model.compile(loss=both, loss_weights={"price": 0.9, "auxiliary": 0.1})
    weighted = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    model.compile(loss=both)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["loss"] / weighted > 1.9
