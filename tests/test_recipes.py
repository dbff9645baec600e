"""One contract, held by every registered recipe in every variant."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import keras
import numpy as np
import pytest
from claims import CLAIMS
from PIL import Image

import keras3_lab
from keras3_lab import datasets, models, recipes
from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError
from keras3_lab.portable import float64, weights_digest
from keras3_lab.splits import Splits

SCHEMA = json.loads((Path(keras3_lab.__file__).parent / "runs" / "record.schema.json").read_text())
# Minutes of compiling: smaller convolutional networks run with every suite.
SLOW = {
    ("cifar10/cnn", "corrected"),
    ("cifar10/cnn", "as-noted"),
    ("cifar10/cnn-batch-norm", "corrected"),
    ("cifar10/cnn-batch-norm", "as-noted"),
}
# A relu output passes no gradient on: see tests/test_losses.py.
CANNOT_LEARN = {("cifar10/cnn", "as-noted"), ("cifar10/cnn-batch-norm", "as-noted")}
# Where the notes have no defect that changes the computation, the two variants are one.
EVERY = [
    pytest.param(name, variant, marks=[pytest.mark.slow] * ((name, variant) in SLOW))
    for name in recipes.names()
    for variant in recipes.VARIANTS
    if variant == "corrected" or recipes.get(name).as_noted
]

# What makes a run of seconds of those that take a CPU minutes.
OPTIONS = {"cifar10/transfer": {"base": "MobileNet", "weights": "none", "size": "32"}}
FEW = ("cifar10/cnn", "cifar10/cnn-batch-norm", "cifar10/transfer", "cifar10/everything")
BATCH = 5 * 32  # whole batches are whole in prediction, too, which takes 32
# Arms that are compared with each other; of other recipes the first one trains.
COMPARED = {"fmnist/sigmoid-mlp": 3, "mnist/api-styles": 3, "mnist/losses": 2}


def small(name: str, variant: str) -> recipes.Recipe:
    """A recipe as the contract runs it."""
    recipe = recipes.get(name).with_options(OPTIONS.get(name, {})).variant(variant)
    rows = None
    if name == "fmnist/sgd-classifier":  # thousands of rows take scikit-learn a minute
        rows = 160
    if name == "cifar10/everything":  # narrow; tests/test_declarations.py counts the wide one
        recipe = replace(recipe, model=lambda: models.airbench((8, 16, 16)))
    if name in FEW:
        rows = 32
    if recipe.chapter == "california":
        # All that there is, in batches with a rest: three times as much to compile.
        recipe = replace(recipe, dataset=few_houses)
    arms = {
        arm: {
            key: partial(evened, value, rows) if key == "split" else value
            for key, value in changes.items()
        }
        for arm, changes in recipe.arms.items()
    }
    return replace(recipe, as_noted={}, arms=arms, split=partial(evened, recipe.split, rows))


def evened(split: Callable[..., Splits], rows: int | None, dataset: Any) -> Splits:
    """As many rows to validate as to test on, and whole batches of all: a program for each use."""
    parts = vars(split(dataset))
    train = rows or whole(count(parts["y_train"]))
    held_out = rows or whole(min(count(parts["y_val"]), count(parts["y_test"])))
    return Splits(
        **{
            name: keras.tree.map_structure(
                lambda array, end=train if "train" in name else held_out: array[:end], part
            )
            for name, part in parts.items()
        }
    )


def whole(rows: int) -> int:
    return rows - rows % BATCH if rows > BATCH else rows


def count(structure: Any) -> int:
    return len(keras.tree.flatten(structure)[0])


def few_houses() -> datasets.Dataset:
    """3,200 rows to train on, 800 to validate, 1,000 to test."""
    sample = datasets.load("california_housing", source="sample")
    arrays = (sample.x_train[:5000], sample.y_train[:5000], sample.x_test, sample.y_test)
    return datasets.from_arrays(sample.name, *arrays, origin="stand-in")


def declared(run: keras3_lab.runs.Run) -> recipes.Recipe:
    return small(run.record["recipe"], run.record["variant"])


def record_follows_its_schema(run: keras3_lab.runs.Run) -> None:
    jsonschema.validate(run.record, SCHEMA)
    written = json.loads((run.folder / "record.json").read_text())
    assert written == json.loads(json.dumps(run.record))


def training_learns(run: keras3_lab.runs.Run) -> None:
    trials = declared(run).trials()
    record = run.record
    parts = record.get("arms") or record.get("stages") or ({"": record} if trials else {})
    assert list(parts) == list(trials)[: len(parts)]
    for entry in parts.values():
        assert np.isfinite(entry["history"]["loss"]).all()
    if trials and (record["recipe"], record["variant"]) not in CANNOT_LEARN:
        first, *_, last = record["history"]["loss"]
        assert last < first


def saved_files_are_what_the_record_says(run: keras3_lab.runs.Run) -> None:
    folder, record = run.folder, run.record
    assert set(record["files"].values()) == {path.name for path in folder.iterdir()}
    for name in record["files"].values():
        if name.endswith(".png"):
            with Image.open(folder / name) as image:
                assert np.asarray(image.convert("L")).std() > 5, f"{name} is blank"


def saved_model_is_the_evaluated_one(run: keras3_lab.runs.Run) -> None:
    if "model" not in run.record["files"]:
        return
    saved = keras.models.load_model(run.folder / "model.keras")
    assert run.record["parameters"] == saved.count_params()
    for one, other in zip(saved.variables, run.model.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert saved.get_compile_config() == run.model.get_compile_config()
    _, parts = declared(run).data(source="sample")
    x = keras.tree.map_structure(lambda array: array[:50], parts.x_val)
    keras.tree.map_structure(np.testing.assert_array_equal, saved(x), run.model(x))


def weights_depend_on_the_seed_alone(run: keras3_lab.runs.Run) -> None:
    """Built anew in float64, every arm has the digest that the float32 run recorded."""
    record, recipe = run.record, declared(run)
    dataset, parts = recipe.data(source="sample")
    trained = record.get("arms") or dict.fromkeys(recipe.trials(), record)
    with backend().float64(), float64.enable():
        # Stages are of one model.
        for arm, trial in islice(recipe.trials().items(), 1 if recipe.stages else None):
            digest = weights_digest(trial.build(parts, seed=1))
            entry = trained.get(arm)
            assert entry is None or entry["digests"]["weights"] == digest
        for trial in islice(recipe.trials().values(), 1):
            assert digest != weights_digest(trial.build(parts, seed=2))
    assert dataset.sha256 == record["digests"]["data"]


CHECKS = (
    record_follows_its_schema,
    training_learns,
    saved_files_are_what_the_record_says,
    saved_model_is_the_evaluated_one,
    weights_depend_on_the_seed_alone,
)


@pytest.mark.long
@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_contract(name: str, variant: str, subtests, tmp_path) -> None:
    """Two epochs of a recipe's variant on its bundled sample, in batches that leave no rest."""
    recipe = small(name, variant)
    recipe = replace(recipe, arms=dict(islice(recipe.arms.items(), COMPARED.get(name, 1))))
    run = keras3_lab.run(
        recipe, variant=variant, epochs=2, batch_size=BATCH, seed=1, data="sample", out=tmp_path
    )
    for check in (*CHECKS, *([CLAIMS[name]] if name in CLAIMS else [])):
        with subtests.test(check.__name__):
            check(run)


def test_names_are_found_with_and_without_chapter() -> None:
    assert recipes.get("dropout") is recipes.get("fmnist/dropout")
    assert recipes.get("best-dense", within="mnist").name == "mnist/best-dense"
    assert recipes.get("dropout", within="fmnist").name == "fmnist/dropout"
    assert len(set(recipes.names())) == len(recipes.names())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recipes.get("fmnist/dropuot"), "did you mean 'fmnist/dropout'?"),
        (lambda: recipes.get("xyz"), "unknown recipe 'xyz'; known: fmnist/early-stopping, "),
        (lambda: recipes.get("best-dense"), "say fmnist/best-dense or mnist/best-dense"),
        (lambda: recipes.chapter("audio"), "unknown chapter 'audio'; known: fmnist"),
        (lambda: recipes.get("dropout").variant("mended"), "known: corrected, as-noted"),
        (lambda: keras3_lab.run("dropout", epochs=0), "epochs must be 1 or more; received: 0"),
        (lambda: keras3_lab.run("dropout", batch_size=-1), "batch_size must be 1 or more"),
        (lambda: keras3_lab.run("dropout", fraction=0), "more than 0 and at most 1; received: 0"),
        (lambda: keras3_lab.run("dropout", fraction=1.5), "at most 1; received: 1.5"),
        (
            lambda: keras3_lab.run("dropout", data="sample", fraction=0.001),
            "is too little to train and validate on; take 0.0083 or more",
        ),
        (lambda: keras3_lab.run("dropout", options={"base": "x"}), "no option 'base' of its own"),
        (
            lambda: keras3_lab.run("transfer", options={"weights": "mine"}),
            "weights must be imagenet or none; received: 'mine'",
        ),
        (
            lambda: keras3_lab.run("transfer", options={"size": "tiny"}),
            "size must be an integer of 32 or more; received: 'tiny'",
        ),
        (
            lambda: keras3_lab.run("dropout", dtype="float16"),
            "unknown dtype 'float16'; did you mean 'float64'?",
        ),
        (lambda: keras3_lab.run("dropout", device="tpu"), "unknown device 'tpu'; did you mean '"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(UsageError) as error:
        call()
    assert message in str(error.value)
    assert "\n" not in str(error.value)
