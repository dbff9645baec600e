"""`ls` and `data` against the registry."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from keras3_lab import datasets, recipes

SAMPLE = ("bundled sample", "sample")
CELL = re.compile(r"│([^│\n]*)")
# What stands in the last column; other recipes have no such figure.
FIGURES = {
    "fmnist/early-stopping": "val_accuracy 0.8863",
    "fmnist/softmax-regression": "val_accuracy 0.846",
    "fmnist/relu-mlp": "val_accuracy 0.8726",
    "fmnist/optimizers": "val_accuracy 0.8733",
    "fmnist/save-restore": "val_accuracy 0.8775",
    "fmnist/functional-early-stopping": "test_accuracy 0.8457",
    "fmnist/batch-norm": "test_accuracy 0.1015",
    "california/wide-deep": "test_r2 0.3852",
    "california/aux-output": "test_price_mae 54649.5",
    "cifar10/dense": "test_accuracy 0.0933",
}


def table(*arguments: str) -> list[list[str]]:
    """Cells of the rows of the table that a command prints, headings not."""
    result = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=os.environ | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    return [
        [cell.strip() for cell in CELL.findall(line)][:-1]
        for line in result.stdout.splitlines()
        if line.startswith("│")
    ]


def row(recipe: recipes.Recipe) -> list[str]:
    variants = "corrected, as-noted" if recipe.as_noted else "both the same"
    return [recipe.name, recipe.title, variants, FIGURES.get(recipe.name, "none")]


def test_ls_lists_the_registry() -> None:
    assert table("keras3_lab", "ls") == [row(recipe) for recipe in recipes.everything()]


@pytest.mark.parametrize("chapter", ["california", "linear"])
def test_a_chapter_lists_its_own(chapter: str) -> None:
    expected = [row(recipe) for recipe in recipes.chapter(chapter)]
    assert table(f"keras3_lab.{chapter}", "--list") == expected


def test_data_lists_every_data_set_and_its_places(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    expected = []
    for name in datasets.NAMES:
        for index, place in enumerate(datasets.locate(name)):
            kind = place.kind if place.found else "–"
            where = place.note or str(place.path)
            expected.append([name if index == 0 else "", place.description, kind, where])
    found = table("keras3_lab", "data")
    assert found == expected
    assert [cells[0] for cells in found if cells[0]] == [
        "fashion_mnist", "mnist", "cifar10", "california_housing",
    ]  # fmt: skip
    samples = [where for _, place, kind, where in found if (place, kind) == SAMPLE]
    assert [where.split(" real")[0].split(" synthetic")[0] for where in samples] == [
        "6,000 + 1,000", "1,545 + 252", "2,000 + 500", "16,512 + 4,128",
    ]  # fmt: skip
    for _, place, kind, where in found:
        if place == "Keras cache":
            assert (kind, where) == ("–", str(tmp_path / "home" / "datasets"))
