"""`ls` and `data` against the registry and the committed results."""

from __future__ import annotations

import importlib.util
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from keras3_lab import datasets, listing, recipes

pytestmark = pytest.mark.once

RESULTS = Path(__file__).parents[1] / "docs" / "results"
# Which of the notes' figures stands in a list; other recipes have no such figure.
FIGURES = {
    "fmnist/early-stopping": ("val_accuracy", "0.8863"),
    "fmnist/sgd-classifier": ("mean_accuracy", "0.8418"),
    "fmnist/softmax-regression": ("val_accuracy", "0.8460"),
    "fmnist/relu-mlp": ("val_accuracy", "0.8726"),
    "fmnist/optimizers": ("val_accuracy", "0.8733"),
    "fmnist/save-restore": ("val_accuracy", "0.8775"),
    "fmnist/functional-early-stopping": ("test_accuracy", "0.8457"),
    "fmnist/batch-norm": ("test_accuracy", "0.1015"),
    "california/wide-deep": ("test_r2", "0.3852"),
    "california/aux-output": ("test_price_mae", "54,649"),
    "cifar10/dense": ("test_accuracy", "0.0933"),
}


def printed(show, *arguments) -> list[str]:
    text = io.StringIO()
    show(Console(file=text, width=80), *arguments)
    return text.getvalue().splitlines()


def test_ls_lists_each_recipe_with_the_notes_figure_and_ours_in_80_columns() -> None:
    lines = printed(listing.list_recipes, recipes.everything())
    assert max(map(len, lines)) <= 80
    heads = [line for line in lines[1:] if "/" in line.split(" ")[0]]
    assert [line.split()[0] for line in heads] == recipes.names()
    for line in heads:
        name, metric, noted, *_ = line.split()
        assert (metric, noted) == FIGURES.get(name, (metric, "–"))
    for recipe in recipes.everything():
        assert f"    {recipe.title}" in lines
    noted = [line for line in lines if line.startswith("  as-noted ")]
    assert len(noted) == sum(bool(recipe.as_noted) for recipe in recipes.everything())


def test_ls_shows_what_we_reach_by_the_notes_metric() -> None:
    lines = printed(listing.list_recipes, [recipes.get("fmnist/batch-norm")])
    measured = json.loads((RESULTS / "accuracy-jax.json").read_text())
    for line, variant in zip(lines[1:3], recipes.VARIANTS, strict=True):
        values = measured[f"fmnist/batch-norm|{variant}|"]["metrics"]["test_accuracy"]
        assert f"{sum(values) / len(values):.4f} ± " in line


def test_the_results_in_the_package_are_the_committed_measurements() -> None:
    """Else: `python docs/results/accuracy.py --summary`."""
    spec = importlib.util.spec_from_file_location("accuracy", RESULTS / "accuracy.py")
    accuracy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(accuracy)
    assert accuracy.IN_PACKAGE.read_text() == accuracy.summary()


def test_json_has_the_results_of_both_backends() -> None:
    (listed,) = listing.recipes_as_json([recipes.get("fmnist/relu-mlp")])
    assert listed["notes"]["val_accuracy"] == 0.8726
    assert listed["variants"] == ["corrected"]
    by_backend = listed["results"]["corrected"]
    assert list(by_backend) == ["jax", "tensorflow"]
    for found in by_backend.values():
        mean, deviation = found["metrics"]["test_accuracy"]
        assert 0.85 < mean < 0.88
        assert 0 < deviation < 0.01


def test_data_lists_every_data_set_and_its_places(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    folder = tmp_path / ("a long path " * 12) / "data"
    folder.mkdir(parents=True)
    expected = []
    for name in datasets.NAMES:
        expected.append(name)
        for place in datasets.locate(name, data_dir=folder):
            kind = place.kind if place.found else "–"
            where = place.note or str(place.path)
            expected.append(f"  {kind:<7} {place.description:<24} {where}")
    lines = printed(listing.list_data, str(folder))
    assert lines == expected
    assert sum(str(folder) in line for line in lines) == len(datasets.NAMES)  # whole
    samples = [line for line in lines if line.split(maxsplit=1)[0] == "sample"]
    assert [line[35:].split(" real")[0].split(" synthetic")[0] for line in samples] == [
        "6,000 + 1,000", "1,545 + 252", "2,000 + 500", "16,512 + 4,128",
    ]  # fmt: skip
    cache = f"  –       {'Keras cache':<24} {tmp_path / 'home' / 'datasets'}"
    assert lines.count(cache) == 4
