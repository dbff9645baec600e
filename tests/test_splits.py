"""Which rows each recipe trains, validates and is tested on, and how they are scaled."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from keras3_lab import datasets, recipes, splits
from keras3_lab.splits import Splits

PARTS = ("train", "val", "test")
# Rows to train, validate and test on of the bundled samples, and the first labels of each.
FMNIST = [(4_800, [3, 5, 6, 5, 5]), (1_200, [7, 2, 7, 5, 7]), (1_000, [9, 2, 1, 1, 6])]
FMNIST_N0 = [(3_840, [1, 6, 2, 0, 7]), (960, [3, 2, 4, 4, 0]), (1_200, [7, 2, 7, 5, 7])]
MNIST = [(1_236, [9, 8, 1, 3, 8]), (309, [5, 8, 7, 6, 2]), (252, [5, 0, 2, 7, 3])]
HOUSES = [
    (10_567, [225883, 100641, 102375, 500001, 220065]),
    (2_642, [88851, 283799, 311908, 273119, 182514]),
    (3_303, [117194, 281449, 196178, 381899, 150536]),
]
CIFAR = [(1_600, [4, 0, 1, 4, 0]), (400, [7, 2, 6, 4, 6]), (500, [4, 5, 7, 1, 5])]
ROWS = {
    **{name: FMNIST for name in recipes.names() if name.startswith("fmnist/")},
    "fmnist/functional-early-stopping": FMNIST_N0,
    "fmnist/batch-norm": FMNIST_N0,
    "fmnist/best-dense": [(5_500, [6, 8, 8, 7, 9]), (500, [8, 2, 2, 3, 5]), FMNIST[2]],
    **{name: MNIST for name in recipes.names() if name.startswith("mnist/")},
    "mnist/regularization": [(1_000, [9, 8, 1, 3, 8]), *MNIST[1:]],
    "mnist/best-dense": [(1_416, [3, 0, 3, 2, 1]), (129, [0, 3, 4, 0, 9]), MNIST[2]],
    "california/wide-deep": HOUSES,
    "california/aux-output": HOUSES,
    "california/best": HOUSES,
    "cifar10/cnn": CIFAR,
    "cifar10/cnn as-noted": [(2_000, [4, 3, 6, 7, 7]), *CIFAR[1:]],
    "cifar10/dense": [(1_280, [0, 9, 3, 8, 2]), (320, [7, 7, 2, 9, 2]), (400, [6, 2, 4, 7, 1])],
    "cifar10/cnn-batch-norm": CIFAR,
    "cifar10/cnn-batch-norm as-noted": [(2_000, [4, 3, 6, 7, 7]), *CIFAR[1:]],
    "cifar10/transfer": CIFAR,
    "cifar10/everything": [(1_960, [1, 7, 4, 7, 5]), (40, [4, 6, 7, 5, 4]), CIFAR[2]],
    "linear/regression": [(5, [5, 8, 11, 14, 17]), (5, [5, 8, 11, 14, 17]), (1, [20])],
}


@cache
def sample(name: str) -> datasets.Dataset:
    return datasets.load(name, source="sample")


def divided(recipe: recipes.Recipe) -> Splits:
    dataset = recipe.dataset() if callable(recipe.dataset) else sample(recipe.dataset)
    return recipe.split(dataset)


def part(parts: Splits, name: str) -> tuple[Any, Any]:
    return getattr(parts, f"x_{name}"), getattr(parts, f"y_{name}")


def shuffled(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """What `train_test_split(test_size=0.2, random_state=42)` leaves, and what it sets aside."""
    order = np.random.RandomState(42).permutation(rows)
    aside = -(-rows // 5)
    return order[aside:], order[:aside]


def test_every_recipe_is_in_the_table() -> None:
    assert {key.removesuffix(" as-noted") for key in ROWS} == set(recipes.names())


@pytest.mark.parametrize("key", ROWS)
def test_rows_and_first_labels(key: str) -> None:
    name, _, variant = key.partition(" ")
    parts = divided(recipes.get(name).variant(variant or "corrected"))
    for which, (rows, first) in zip(PARTS, ROWS[key], strict=True):
        for array in keras.tree.flatten(part(parts, which)):
            assert len(array) == rows
        _, y = part(parts, which)
        assert keras.tree.flatten(y)[0].ravel()[: len(first)].tolist() == first
    assert (parts.rows, parts.validation_rows) == (ROWS[key][0][0], ROWS[key][1][0])


@pytest.mark.parametrize("name", ["fashion_mnist", "mnist"])
def test_scaled_images_are_the_notes_rows_over_255(name: str) -> None:
    dataset = sample(name)
    parts = splits.scaled_images(dataset)
    train, aside = shuffled(len(dataset.y_train))
    for which, x, y in (
        ("train", dataset.x_train[train], dataset.y_train[train]),
        ("val", dataset.x_train[aside], dataset.y_train[aside]),
        ("test", dataset.x_test, dataset.y_test),
    ):
        found, labels = part(parts, which)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, x / np.float32(255))
        np.testing.assert_array_equal(labels, y)
        assert (found.min(), found.max()) == (0, 1)


def test_scaled_images_can_be_fewer_to_train_on_alone() -> None:
    dataset = sample("mnist")
    few, all_rows = splits.scaled_images(dataset, train_rows=100), splits.scaled_images(dataset)
    np.testing.assert_array_equal(few.x_train, all_rows.x_train[:100])
    np.testing.assert_array_equal(few.y_train, all_rows.y_train[:100])
    for which in ("val", "test"):
        for one, other in zip(part(few, which), part(all_rows, which), strict=True):
            np.testing.assert_array_equal(one, other)


def test_one_hot_labels_are_rows_of_zeros_and_a_one() -> None:
    dataset = sample("mnist")
    hot, plain = splits.scaled_images(dataset, one_hot=True), splits.scaled_images(dataset)
    for which in PARTS:
        (x, rows), (images, labels) = part(hot, which), part(plain, which)
        assert rows.shape == (len(labels), 10)
        assert rows.dtype == np.float32
        np.testing.assert_array_equal(rows.argmax(axis=1), labels)
        np.testing.assert_array_equal(np.sort(rows, axis=1)[:, -2:], [[0, 1]] * len(rows))
        np.testing.assert_array_equal(x, images)


@pytest.mark.parametrize("scaled", [True, False])
def test_stratified_images_are_divided_by_class(scaled: bool) -> None:
    dataset = sample("cifar10")
    parts = splits.stratified_images(dataset, scaled=scaled)
    assert set(np.bincount(parts.y_train)) == {160}
    assert set(np.bincount(parts.y_val)) == {40}
    divisor = np.float32(255) if scaled else 1
    np.testing.assert_array_equal(parts.x_test, dataset.x_test / divisor)
    np.testing.assert_array_equal(parts.y_test, dataset.y_test)
    # Each row is one of the training part, with its label, and all of them are there.
    pixels = (dataset.x_train / divisor).astype(parts.x_train.dtype)
    labelled = {x.tobytes(): y for x, y in zip(pixels, dataset.y_train, strict=True)}
    assert len(labelled) == 2_000
    seen = set()
    for which in ("train", "val"):
        x, y = part(parts, which)
        assert x.dtype == (np.float32 if scaled else np.uint8)
        keys = [row.tobytes() for row in x]
        assert [labelled[key] for key in keys] == y.tolist()
        seen.update(keys)
    assert seen == set(labelled)


def test_stratified_images_are_split_by_n2s_random_state() -> None:
    parts = splits.stratified_images(sample("cifar10"))
    assert [float(x.mean(dtype="float64")) for x in (parts.x_train, parts.x_val)] == pytest.approx(
        [0.3702083198, 0.3715443061], rel=1e-9
    )


def test_as_noted_n2_trains_on_what_it_validates_on() -> None:
    dataset = sample("cifar10")
    leaked = splits.stratified_images(dataset, leaked=True)
    np.testing.assert_array_equal(leaked.x_train, dataset.x_train / np.float32(255))
    np.testing.assert_array_equal(leaked.y_train, dataset.y_train)
    np.testing.assert_array_equal(leaked.x_val, splits.stratified_images(dataset).x_val)


def test_an_image_of_each_class_validates_at_least() -> None:
    few = datasets.take_fraction(sample("cifar10"), 0.05)
    parts = splits.stratified_images(few, held_out=0.02)
    assert (parts.rows, parts.validation_rows) == (90, 10)
    assert set(np.bincount(parts.y_val)) == {1}


@pytest.mark.parametrize("last", [True, False])
def test_raw_images_leave_pixels_and_the_test_part_alone(last: bool) -> None:
    dataset = sample("cifar10")
    parts = splits.raw_images(dataset, validate_on_last=last)
    rest, test = shuffled(2_000)
    train, val = (np.arange(1_280), np.arange(1_280, 1_600)) if last else shuffled(1_600)
    for which, rows in (("train", rest[train]), ("val", rest[val]), ("test", test)):
        x, y = part(parts, which)
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, dataset.x_train[rows])
        np.testing.assert_array_equal(y, dataset.y_train[rows])


def test_houses_are_the_notes_rows_and_columns() -> None:
    dataset = sample("california_housing")
    rest, test = shuffled(16_512)
    train, val = shuffled(len(rest))
    whole, two = splits.housing(dataset), splits.wide_and_deep(dataset)
    both = splits.wide_and_deep(dataset, outputs=("price", "auxiliary"))
    for which, rows in (("train", rest[train]), ("val", rest[val]), ("test", test)):
        x, prices = dataset.x_train[rows], dataset.y_train[rows][:, None]
        np.testing.assert_array_equal(part(whole, which)[0], x)
        assert set(part(two, which)[0]) == {"wide", "deep"}
        np.testing.assert_array_equal(part(two, which)[0]["wide"], x[:, :5])
        np.testing.assert_array_equal(part(two, which)[0]["deep"], x[:, 2:])
        for y in (part(whole, which)[1], part(two, which)[1], *part(both, which)[1].values()):
            np.testing.assert_array_equal(y, prices)
        assert list(part(both, which)[1]) == ["price", "auxiliary"]


def test_five_points_are_trained_and_validated_on() -> None:
    _, parts = recipes.get("linear/regression").data()
    for which, points in (("train", [1, 2, 3, 4, 5]), ("val", [1, 2, 3, 4, 5]), ("test", [6])):
        x, y = part(parts, which)
        assert x.ravel().tolist() == points
        assert y.ravel().tolist() == [3 * point + 2 for point in points]
        assert x.dtype == y.dtype == np.float32


def test_no_row_is_in_two_parts() -> None:
    distinct = {(recipe.dataset, recipe.split): recipe for recipe in recipes.everything()}
    for recipe in distinct.values():
        if recipe.name == "linear/regression":
            continue
        parts = divided(recipe)
        rows = [
            {row.tobytes() for row in keras.tree.flatten(part(parts, which)[0])[0]}
            for which in PARTS
        ]
        assert sum(map(len, rows)) == len(set.union(*rows)), recipe.name


def test_arrays_follow_the_float_dtype(really_float64) -> None:
    assert splits.scaled_images(sample("mnist")).x_test.dtype == np.float64
    assert splits.raw_images(sample("mnist")).x_val.dtype == np.float64
    houses = splits.wide_and_deep(sample("california_housing"))
    assert houses.x_train["deep"].dtype == houses.y_test.dtype == np.float64


@pytest.mark.parametrize(("batch_size", "steps"), [(32, 150), (500, 10), (4_800, 1), (4_799, 2)])
def test_a_partial_batch_is_a_step(batch_size: int, steps: int) -> None:
    assert splits.scaled_images(sample("fashion_mnist")).steps(batch_size) == steps


def test_optimizers_are_given_the_steps_of_the_whole_training() -> None:
    noted = []

    def optimizer(steps: int) -> keras.optimizers.Optimizer:
        noted.append(steps)
        return keras.optimizers.SGD()

    recipe = replace(recipes.get("fmnist/softmax-regression"), optimizer=optimizer)
    _, parts = recipe.data(source="sample")
    recipe.build(parts)
    replace(recipe, epochs=3, batch_size=500).build(parts)
    assert noted == [5 * 150, 3 * 10]
