"""Learning-rate schedules against their formulas."""

from __future__ import annotations

from dataclasses import replace

import keras
import pytest
from PIL import Image

from keras3_lab import findings, recipes
from keras3_lab.splits import Splits


@pytest.fixture(scope="module")
def built() -> tuple[recipes.Recipe, Splits, dict[str, keras.Model]]:
    """Every arm's model, compiled and not trained."""
    recipe = recipes.get("fmnist/schedules")
    _, parts = recipe.data(source="sample")
    return recipe, parts, {arm: trial.build(parts, 1) for arm, trial in recipe.trials().items()}


def test_each_follows_its_formula(outcome, built) -> None:
    """20 epochs of 150 steps."""
    seen = outcome(*built)
    (found,) = findings.schedules(seen)
    rows = {row[0]: row[1:] for row in found.rows}
    first_half_last = {
        "constant": (0.1, 0.1, 0.1),
        "exponential": (0.1, 0.1 * 0.1**0.5, 0.01),
        "step": (0.1, 0.05, 0.025),
        "polynomial": (0.1, 0.025, 0),
        "cosine": (0.1, 0.05, 0),
        "custom": (0, 0.1 * (300 / 1500) ** 0.5, 0.1 * (300 / 3000) ** 0.5),
    }
    assert set(rows) == set(first_half_last)
    for name, expected in first_half_last.items():
        assert rows[name][:3] == pytest.approx(expected, rel=1e-5, abs=1e-8), name
        assert float(rows[name][3]) < 1e-6, name
    with Image.open(seen.folder / "schedules.png") as image:
        assert image.format == "PNG"


def test_one_that_leaves_its_formula_is_told(outcome, built) -> None:
    recipe, parts, models = built
    wrong = replace(recipe.trials()["exponential"], epochs=19).build(parts, 1)
    (found,) = findings.schedules(outcome(recipe, parts, models | {"exponential": wrong}))
    errors = {row[0]: float(row[-1]) for row in found.rows}
    assert errors.pop("exponential") > 0.01
    assert max(errors.values()) < 1e-6
