"""One contract, held by every registered recipe in every variant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import keras
import numpy as np
import pytest
from PIL import Image

import keras3_lab
from keras3_lab import engine, recipes
from keras3_lab.errors import UsageError
from keras3_lab.portable import weights_digest

SCHEMA = json.loads((Path(keras3_lab.__file__).parent / "runs" / "record.schema.json").read_text())
# Where the notes have no defect that changes the computation, the two variants are one.
EVERY = [
    pytest.param((name, variant), marks=pytest.mark.xdist_group(name), id=f"{name}-{variant}")
    for name in recipes.names()
    for variant in recipes.VARIANTS
    if variant == "corrected" or recipes.get(name).as_noted
]

# Golden values: what the notes print, and digests that every backend must reproduce.
PARAMETERS = {
    "fmnist/softmax-regression": 7_850,
    "fmnist/relu-mlp": 79_510,
    "fmnist/dropout": 79_510,
    "fmnist/early-stopping": 79_510,
}


@pytest.fixture(scope="module", params=EVERY)
def contract_run(request, tmp_path_factory) -> keras3_lab.runs.Run:
    """Two epochs of a recipe's variant on its bundled sample."""
    name, variant = request.param
    out = tmp_path_factory.mktemp("runs")
    return keras3_lab.run(name, variant=variant, epochs=2, seed=1, data="sample", out=out)


def test_record_follows_its_schema(contract_run) -> None:
    jsonschema.validate(contract_run.record, SCHEMA)
    written = json.loads((contract_run.folder / "record.json").read_text())
    assert written == json.loads(json.dumps(contract_run.record))


def test_model_has_the_notes_parameters(contract_run) -> None:
    assert contract_run.record["parameters"] == PARAMETERS[contract_run.record["recipe"]]


def test_training_learns(contract_run) -> None:
    losses = contract_run.record["history"]["loss"]
    assert len(losses) == 2
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_saved_files_are_what_the_record_says(contract_run) -> None:
    folder, record = contract_run.folder, contract_run.record
    assert set(record["files"].values()) == {path.name for path in folder.iterdir()}
    for name in record["files"].values():
        if name.endswith(".png"):
            with Image.open(folder / name) as image:
                assert np.asarray(image.convert("L")).std() > 5, f"{name} is blank"


def test_saved_model_is_the_evaluated_one(contract_run) -> None:
    record = contract_run.record
    recipe = recipes.get(record["recipe"]).variant(record["variant"])
    _, splits = recipe.data(source="sample")
    model = keras.models.load_model(contract_run.folder / "model.keras")
    result = engine.evaluate(model, splits.x_val, splits.y_val, verbose=0, return_dict=True)
    for name, value in result.items():
        assert value == pytest.approx(record["metrics"][f"val_{name}"], rel=1e-6)


def test_same_seed_same_weights_other_seed_others(contract_run) -> None:
    recipe = recipes.get(contract_run.record["recipe"]).variant(contract_run.record["variant"])
    digest = contract_run.record["digests"]["weights"]
    assert weights_digest(recipe.build(seed=1)) == digest
    assert weights_digest(recipe.build(seed=2)) != digest


def test_a_run_repeats_itself(contract_run, tmp_path) -> None:
    record = contract_run.record
    again = keras3_lab.run(
        record["recipe"], variant=record["variant"], epochs=2, seed=1, data="sample", out=tmp_path
    )
    for part in ("digests", "history", "metrics"):
        assert again.record[part] == record[part]


def test_digests_do_not_depend_on_the_dtype(contract_run, tmp_path) -> None:
    record = contract_run.record
    double = keras3_lab.run(
        record["recipe"],
        variant=record["variant"],
        epochs=2,
        seed=1,
        data="sample",
        dtype="float64",
        out=tmp_path,
    )
    assert double.record["digests"] == record["digests"]
    assert {v.dtype for v in double.model.trainable_variables} == {"float64"}
    # Rounding is all that differs.
    assert double.record["history"]["loss"] == pytest.approx(record["history"]["loss"], rel=1e-3)


def test_a_run_never_overwrites_another(tmp_path) -> None:
    folders = {
        keras3_lab.run("fmnist/softmax-regression", epochs=1, data="sample", out=tmp_path).folder
        for _ in range(3)
    }
    assert len(folders) == 3
    assert all((folder / "record.json").exists() for folder in folders)


def test_early_stopping_stops_and_restores(tmp_path) -> None:
    patient = recipes.get("fmnist/early-stopping")
    hasty = replace(patient, optimizer=lambda: keras.optimizers.Adam(0.05))
    run = keras3_lab.run(hasty, data="sample", out=tmp_path)
    history, metrics = run.record["history"], run.record["metrics"]
    assert metrics["stopped_epoch"] == len(history["loss"]) - 1 < patient.epochs - 1
    assert metrics["val_loss"] == pytest.approx(min(history["val_loss"]), rel=1e-6)
    best = keras.models.load_model(run.folder / "best.keras")
    for one, other in zip(best.weights, run.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_declaration_is_built_loaded_and_run_in_a_line_each(tmp_path) -> None:
    recipe = recipes.get("fmnist/dropout")
    assert recipe.build().count_params() == 79_510
    assert recipe.data(source="sample")[1].x_train.shape == (4_800, 28, 28)
    assert keras3_lab.run(recipe, epochs=1, data="sample", out=tmp_path).folder.is_dir()


def test_names_are_found_with_and_without_chapter() -> None:
    assert recipes.get("dropout") is recipes.get("fmnist/dropout")
    assert recipes.get("dropout", within="fmnist").name == "fmnist/dropout"
    assert len(set(recipes.names())) == len(recipes.names())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recipes.get("fmnist/dropuot"), "did you mean 'fmnist/dropout'?"),
        (lambda: recipes.get("xyz"), "unknown recipe 'xyz'; known: fmnist/early-stopping, "),
        (lambda: recipes.chapter("audio"), "unknown chapter 'audio'; known: fmnist"),
        (lambda: recipes.get("dropout").variant("mended"), "known: corrected, as-noted"),
        (lambda: keras3_lab.run("dropout", epochs=0), "epochs must be 1 or more; received 0"),
        (lambda: keras3_lab.run("dropout", batch_size=-1), "batch_size must be 1 or more"),
        (lambda: keras3_lab.run("dropout", dtype="float16"), "known: float32, float64"),
        (lambda: keras3_lab.run("dropout", device="tpu"), "known: auto, cpu, gpu"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(UsageError) as error:
        call()
    assert message in str(error.value)
    assert "\n" not in str(error.value)
